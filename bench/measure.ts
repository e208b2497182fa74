/** One row on both servers, in turn and in rounds, each time on servers that are new. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Measured, Row } from "./report/Figure.ts"
import { costs } from "./report/profile.ts"
import { quiet } from "./server/machine.ts"
import { ours, type Started, start } from "./server/Server.ts"

export interface Options {
  readonly rounds: number
  readonly scale: number
  /** Whether it is said what the server spends its time on. */
  readonly profile: boolean
}

export interface Result {
  readonly figures: ReadonlyArray<Measured>
  /** Percent of the machine that others kept busy when a round began, at worst. */
  readonly busy: number
}

export const measure = async (row: Row, { rounds, scale, profile }: Options): Promise<Result> => {
  const directory = mkdtempSync(join(tmpdir(), "breakglass-bench-"))
  const samples = {
    ours: new Array<Readonly<Record<string, number>>>(),
    bare: new Array<Readonly<Record<string, number>>>()
  }
  const programs = {
    ours: profile ? ["--cpu-prof", `--cpu-prof-dir=${directory}`, ...ours()] : ours(),
    bare: [strippedBare(directory)]
  }
  const ready = new Map<number, number>()
  let busy = 0
  for (let round = 0; round < rounds; round++) {
    for (const which of round % 2 === 0 ? (["ours", "bare"] as const) : (["bare", "ours"] as const)) {
      busy = Math.max(busy, await quiet())
      samples[which].push(await once(row, programs[which], scale, ready))
    }
  }
  if (profile) process.stdout.write(`${row.name}: the server's own time\n${costs(directory, ready)}\n`)
  rmSync(directory, { recursive: true })
  const figures = Object.entries(row.figures).map(([name, figure]) => {
    const [here, bare] = [samples.ours, samples.bare].map((all) => all.map((sample) => sample[name] ?? Number.NaN))
    return { key: `${row.name}.${name}`, figure, ours: here ?? [], bare: bare ?? [] }
  })
  return { figures, busy }
}

/** The bare server without its types: what takes them out takes time and memory that are not its own. */
const strippedBare = (directory: string): string => {
  const file = join(directory, "bare.mjs")
  writeFileSync(file, stripTypeScriptTypes(readFileSync(join(import.meta.dirname, "bare.ts"), "utf8")))
  return file
}

/** `ready` is told when each server it starts first answered. */
const once = async (row: Row, program: ReadonlyArray<string>, scale: number, ready: Map<number, number>) => {
  const started: Array<Started> = []
  try {
    return await row.measure({
      start: async (env) => {
        const server = await start(program, env)
        started.push(server)
        ready.set(server.pid, Number(process.hrtime.bigint() / 1000n))
        return server
      },
      scaled: (count) => Math.max(1, Math.round(count * scale))
    })
  } finally {
    for (const server of started) await server.stop()
  }
}
