/**
 * Finding and ending everything a program started, wherever it went. The CLI runs each tool in a session of its own, so
 * a process group misses them and a walk by parent misses what was re-parented; a variable in the environment is
 * inherited by all of them (only a child that empties its environment escapes: README, "What Stop cannot reach").
 */
import { Effect, Schedule } from "effect"
import * as Fs from "node:fs"

/** `NAME=value`, as it stands in /proc/PID/environ. */
export type Marker = `${string}=${string}`

/** Pids that carry the marker now; null when /proc cannot be read at all, which is not the same as none. */
export const census = (marker: Marker): Effect.Effect<ReadonlySet<number> | null> => Effect.sync(() => scan(marker))

export interface Swept {
  /** Every pid that was seen with the marker. */
  readonly seen: ReadonlySet<number>
  /** Those that could not be ended within the bound; null when /proc cannot be read. */
  readonly left: number | null
}

/**
 * SIGKILLs whatever carries the marker until nothing does, at most 2 s. Three empty looks in a row: a process in the middle of
 * execve shows an empty environment, and a dying shell may still fork.
 */
export const sweep = (find: Effect.Effect<ReadonlySet<number> | null>): Effect.Effect<Swept> =>
  Effect.suspend(() => {
    const seen = new Set<number>()
    let empty = 0
    const round = Effect.map(find, (found) => {
      for (const pid of found ?? []) {
        seen.add(pid)
        signal(pid, "SIGKILL")
      }
      empty = found?.size === 0 ? empty + 1 : 0
      return { seen, left: found === null ? null : found.size }
    })
    return Effect.repeat(round, {
      until: ({ left }) => left === null || empty === 3,
      schedule: Schedule.spaced("20 millis"),
      times: 100
    })
  })

/** Sends a signal (0: only asks); false when the process is gone already. A negative pid is its group. */
export const signal = (pid: number, name: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}

const scan = (marker: Marker): ReadonlySet<number> | null => {
  const found = new Set<number>()
  let names: ReadonlyArray<string>
  try {
    names = Fs.readdirSync("/proc")
  } catch {
    return null
  }
  const pids = names.filter((name) => /^[0-9]+$/.test(name))
  if (!pids.includes(String(process.pid))) return null
  for (const pid of pids) {
    if (environ(pid).split("\0").includes(marker)) found.add(Number(pid))
  }
  return found
}

// Another user's process, or one that just ended, has nothing of ours to show.
const environ = (pid: string): string => {
  try {
    return Fs.readFileSync(`/proc/${pid}/environ`, "utf8")
  } catch {
    return ""
  }
}
