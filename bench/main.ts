/**
 * `npm run bench` measures every row from outside beside a bare server, then the parts that are measured in other ways.
 *
 *   npm run bench -- [ROW or PART ...] [--scale 0.1] [--rounds 3] [--profile] [--keep]
 *
 * `--profile` says what the server spends its time on; `--keep` keeps the ratios for later runs to be held against. The
 * table of docs/bench.md is written by a run of every row. At another scale than 1, or with a profile, a run is held against
 * nothing, and nothing of it is kept or written. The exit code is 1 when a figure has regressed or was not measured.
 */
import { loadavg } from "node:os"
import { parseArgs } from "node:util"
import { measure } from "./measure.ts"
import type { Measured } from "./report/Figure.ts"
import { readKept, writeKept, writePage } from "./report/files.ts"
import { line } from "./report/table.ts"
import { regressed } from "./report/verdict.ts"
import { rows } from "./rows/all.ts"
import { machine } from "./server/machine.ts"

const parts = ["page", "stream", "strangers"]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    scale: { type: "string", default: "1" },
    rounds: { type: "string", default: "3" },
    profile: { type: "boolean", default: false },
    keep: { type: "boolean", default: false }
  }
})
const [scale, rounds] = [Number(values.scale), Number(values.rounds)]
const names = [...rows.map(({ name }) => name), ...parts]
const strange = positionals.find((name) => !names.includes(name))
if (strange !== undefined || !(scale > 0) || !(rounds >= 1)) {
  process.stderr.write(`bench: expected --scale and --rounds above 0 and any of: ${names.join(" ")}\n`)
  process.exit(2)
}
const wanted = (name: string) => positionals.length === 0 || positionals.includes(name)

/** Fewer events and a profile make other ratios: they are held against none, and none is kept of them. */
const comparable = scale === 1 && !values.profile
const kept = comparable ? readKept() : {}
const all: Array<Measured> = []
let busiest = 0
let complete = true
for (const row of rows) {
  if (!wanted(row.name)) {
    complete = false
    continue
  }
  try {
    const { figures, busy } = await measure(row, { scale, rounds, profile: values.profile })
    busiest = Math.max(busiest, busy)
    all.push(...figures)
    for (const figure of figures) process.stdout.write(`${line(figure, kept)}\n`)
  } catch (error) {
    complete = false
    process.exitCode = 1
    process.stdout.write(`\u001b[31m${row.name} was not measured: ${String(error)}\u001b[0m\n`)
  }
}
const worse = all.filter((figure) => regressed(figure, kept[figure.key]))
if (worse.length > 0) {
  process.stdout.write(`\u001b[31mWorse than the kept ratio: ${worse.map(({ key }) => key).join(", ")}\u001b[0m\n`)
  process.exitCode = 1
}
if (values.keep && comparable) writeKept(all)
if (complete && comparable) {
  const load = loadavg()
    .map((value) => value.toFixed(1))
    .join(", ")
  const others = `others kept it at most ${Math.round(busiest)} % busy when a round began; load average at the end ${load}`
  writePage(all, `${new Date().toISOString().slice(0, 10)}, ${machine()}; ${rounds} rounds; ${others}.`)
}
for (const part of parts.filter(wanted)) {
  const { run } = (await import(`./parts/${part}.ts`)) as { readonly run: () => Promise<void> }
  await run()
}
