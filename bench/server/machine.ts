/** What Linux says of a process and of the machine (proc(5)). */
import { readdirSync, readFileSync } from "node:fs"
import { cpus, release, totalmem } from "node:os"
import { setTimeout as pause } from "node:timers/promises"

/** Seconds of processor time that its threads have used, without its children and without threads that have ended. */
export const cpuOf = (pid: number): number => {
  let nanoseconds = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      const [used] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")
      nanoseconds += Number(used)
    } catch {
      // It ended after it was listed.
    }
  }
  return nanoseconds / 1e9
}

/** Resident KiB. */
export const residentOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1])

/** Percent of the processors that were busy in half a second, once that is under 15 or ten seconds have passed. */
export const quiet = async (): Promise<number> => {
  for (const end = performance.now() + 10_000; ;) {
    const before = ticks()
    await pause(500)
    const spent = ticks().map((now, at) => now - (before[at] ?? 0))
    const [, , , idle = 0, waiting = 0] = spent
    const busy = 100 * (1 - (idle + waiting) / spent.reduce((sum, some) => sum + some, 0))
    if (busy < 15 || performance.now() > end) return busy
  }
}

const ticks = (): ReadonlyArray<number> =>
  (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "").trim().split(/\s+/).slice(1).map(Number)

export const machine = (): string =>
  `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
  `Linux ${release()}, Node ${process.version}`
