/** What servers spent their time on, from the profiles that `--cpu-prof` left: one for each thread of each process. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { SourceMap, type SourceMapping } from "node:module"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** Line and column count from 0. */
interface CallFrame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
  readonly columnNumber: number
}

interface Profile {
  readonly nodes: ReadonlyArray<{
    readonly id: number
    readonly callFrame: CallFrame
  }>
  readonly samples: ReadonlyArray<number>
  /** Microseconds to each sample from the one before it. */
  readonly timeDeltas: ReadonlyArray<number>
  /** Microseconds of the monotonic clock. */
  readonly startTime: number
}

/** Nothing was done in these. */
const idle = new Set(["(idle)", "(root)"])
const shown = 10

/**
 * The functions with the most time of their own, in each kind of thread, until the first answer and after it. `ready` has
 * the microseconds of the monotonic clock at the first answer of each process.
 */
export const costs = (directory: string, ready: ReadonlyMap<number, number>): string => {
  const spent = new Map<string, Map<string, number>>()
  for (const name of readdirSync(directory)) {
    // CPU.20251130.103000.PID.THREAD.001.cpuprofile
    const [, pid, thread] = /\.(\d+)\.(\d+)\.\d+\.cpuprofile$/.exec(name) ?? []
    if (pid === undefined) continue
    const profile = JSON.parse(readFileSync(join(directory, name), "utf8")) as Profile
    const until = ready.get(Number(pid)) ?? 0
    for (const [called, at, time] of samplesOf(profile)) {
      const title = `${thread === "0" ? "main thread" : "worker"}, ${at < until ? "until" : "after"} the first answer`
      const within = spent.get(title) ?? new Map<string, number>()
      spent.set(title, within.set(called, (within.get(called) ?? 0) + time))
    }
  }
  return [...spent].map(([title, within]) => section(title, within)).join("\n")
}

/** Function, microseconds of the monotonic clock, and microseconds spent in it. */
const samplesOf = (profile: Profile): ReadonlyArray<readonly [string, number, number]> => {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  let at = profile.startTime
  return profile.samples.flatMap((sample, nth) => {
    const time = profile.timeDeltas[nth] ?? 0
    at += time
    const name = names.get(sample) ?? "?"
    return idle.has(name) ? [] : [[name, at, time] as const]
  })
}

/** By its source, where a map lies beside what ran. */
const nameOf = ({ functionName, url, lineNumber, columnNumber }: CallFrame): string => {
  const name = functionName || "(anonymous)"
  if (!url.startsWith("file:")) return url === "" ? name : `${name} ${url}`
  const file = fileURLToPath(url)
  // Of what the bundler wrote itself there is no source.
  const found = mapOf(`${file}.map`)?.findEntry(lineNumber, columnNumber) as Partial<SourceMapping> | undefined
  const { originalSource: source = file, originalLine: line = lineNumber } = found ?? {}
  return `${name} ${source.split("/").slice(-3).join("/")}:${line + 1}`
}

const maps = new Map<string, SourceMap | null>()
const mapOf = (file: string): SourceMap | null => {
  const known = maps.get(file)
  if (known !== undefined) return known
  const map = existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, "utf8"))) : null
  maps.set(file, map)
  return map
}

const section = (title: string, spent: ReadonlyMap<string, number>): string => {
  const all = [...spent.values()].reduce((sum, time) => sum + time, 0)
  const most = [...spent].toSorted(([, a], [, b]) => b - a).slice(0, shown)
  const lines = most.map(([name, time]) => `    ${((100 * time) / all).toFixed(1).padStart(5)} %  ${name}`)
  return [`  ${title}: busy for ${Math.round(all / 1000)} ms`, ...lines].join("\n")
}
