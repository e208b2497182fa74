/**
 * Finding and ending everything a program started, wherever it went. The CLI runs each tool in a session of its own, so
 * a process group misses them and a walk by parent misses what was re-parented. A variable in the environment is inherited by
 * all of them, and a child may set or empty it: so a process is also found by whom it descends from, as far as that was
 * seen while it could be, and by where it stands (docs/operating.md, "What Stop cannot reach").
 */
import { Effect, Schedule } from "effect"
import * as Fs from "node:fs"
import { isDeepStrictEqual } from "node:util"

/** `NAME=value`, as it stands in /proc/PID/environ. */
export type Marker = `${string}=${string}`

/** What belongs to a marker, remembered from look to look. */
export interface Trace {
  /** Their pids now; null when /proc cannot be read at all, which is not the same as none. */
  readonly look: Effect.Effect<ReadonlySet<number> | null>
  /** Whether one of them was seen without the marker: it may have started something elsewhere that does not carry it either. */
  readonly unmarked: Effect.Effect<boolean>
  /** Whether nothing can have been missed by the last look: nothing has begun or ended since, and each showed what it has. */
  readonly whole: () => boolean
}

/** `since`: when the first of them may have begun, as /proc/PID/stat has it; what is older is not read. */
export const trace = (marker: Marker, since = 0): Trace => {
  /** Numbers are given out again: with the time of its start one is a process. */
  const ours = new Map<number, string>()
  /** Not this marker's, and never will be: not looked at again for as long as the number is there. */
  let others: ReadonlySet<number> = new Set()
  let bare = new Set<number>()
  let unmarked = false
  let listed: ReadonlyArray<number> = []
  let doubt = true

  const belongs = (pid: number, foreign: Set<number>): boolean => {
    const entries = environ(pid)
    if (entries?.includes(marker) === true || stands(pid, marker)) return true
    // In the middle of execve it shows an empty environment.
    if (entries?.length === 0) doubt = true
    else foreign.add(pid)
    return false
  }
  const look = () => {
    const pids = numbers()
    doubt = pids === null
    if (pids === null) return null
    listed = pids
    const foreign = new Set(pids.filter((pid) => others.has(pid)))
    const now = processes(pids.filter((pid) => !foreign.has(pid)))
    for (const [pid, start] of ours) if (now.get(pid)?.start !== start) ours.delete(pid)
    for (const [pid, { start }] of now) {
      if (Number(start) < since) foreign.add(pid)
      else if (!ours.has(pid) && belongs(pid, foreign)) ours.set(pid, start)
    }
    for (let before = -1; before !== ours.size;) {
      before = ours.size
      for (const [pid, { parent, start }] of now) if (ours.has(parent)) ours.set(pid, start)
    }
    for (const pid of ours.keys()) foreign.delete(pid)
    others = foreign
    const empty = new Set<number>()
    for (const pid of ours.keys()) {
      const entries = environ(pid) ?? [marker]
      if (entries.length === 0) empty.add(pid)
      if (entries.length === 0 ? bare.has(pid) : !entries.includes(marker)) unmarked = true
    }
    bare = empty
    return new Set(ours.keys())
  }
  const whole = () => !doubt && isDeepStrictEqual(numbers(), listed)
  return { look: Effect.sync(look), unmarked: Effect.sync(() => unmarked), whole }
}

export interface Swept {
  /** The pid of every process that was found and signalled. */
  readonly found: ReadonlySet<number>
  /** Those that could not be ended within the bound; null when /proc cannot be read. */
  readonly survivors: number | null
}

/**
 * SIGKILLs whatever carries the marker until nothing does, at most 2 s. That is one empty look that was `whole`, or else three
 * in a row: a process in the middle of execve shows an empty environment, and one may fork and end while the others are read.
 * The pause between looks lets it get there.
 */
export const sweep = (
  find: Effect.Effect<ReadonlySet<number> | null>,
  whole: Trace["whole"] = () => false
): Effect.Effect<Swept> =>
  Effect.suspend(() => {
    const found = new Set<number>()
    let empty = 0
    const round = Effect.map(find, (now) => {
      for (const pid of now ?? []) {
        found.add(pid)
        signal(pid, "SIGKILL")
      }
      empty = now?.size === 0 ? empty + 1 : 0
      return { found, survivors: now === null ? null : now.size }
    })
    return Effect.repeat(round, {
      until: ({ survivors }) => survivors === null || empty === 3 || (empty > 0 && whole()),
      schedule: Schedule.spaced("20 millis"),
      times: 100
    })
  })

/** Stops all of it where it is, so that none of it can have a child that nobody sees begin. */
export const freeze = (find: Effect.Effect<ReadonlySet<number> | null>): Effect.Effect<ReadonlySet<number>> =>
  Effect.suspend(() => {
    const still = new Set<number>()
    const round = Effect.map(find, (now) => {
      const moving = [...(now ?? [])].filter((pid) => !still.has(pid))
      for (const pid of moving) {
        still.add(pid)
        signal(pid, "SIGSTOP")
      }
      return moving.length
    })
    return Effect.as(Effect.repeat(round, { until: (moving) => moving === 0, times: 20 }), still)
  })

/** Sends a signal (0: only asks); false when the process is gone already. A negative pid is its group. */
export const signal = (pid: number, name: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}

interface Process {
  readonly parent: number
  readonly start: string
}

/** When this process began: what is older was begun by nothing that it started. */
export const began = (): number => Number(processes([process.pid]).get(process.pid)?.start ?? 0)

/** Those of all processes but this one. */
const numbers = (): ReadonlyArray<number> | null => {
  try {
    const pids = Fs.readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name))
    const others = pids.map(Number).filter((pid) => pid !== process.pid)
    return others.length < pids.length ? others : null
  } catch {
    return null
  }
}

/** Of these the ones that live. */
const processes = (pids: ReadonlyArray<number>): ReadonlyMap<number, Process> => {
  const found = new Map<number, Process>()
  for (const pid of pids) {
    const stat = text(`/proc/${pid}/stat`)
    // After its own name, which may hold anything (proc(5)).
    const [state = "X", parent, ...more] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    if (stat !== "" && !"ZX".includes(state)) found.set(pid, { parent: Number(parent), start: more[17] ?? "" })
  }
  return found
}

/** Its working directory or a standard stream is in the directory that is named for the marker. */
const stands = (pid: number, marker: Marker): boolean => {
  const name = `/${marker.slice(marker.indexOf("=") + 1)}`
  return ["cwd", "fd/0", "fd/1", "fd/2"].some((what) => {
    try {
      return `${Fs.readlinkSync(`/proc/${pid}/${what}`)}/`.includes(`${name}/`)
    } catch {
      return false
    }
  })
}

/** Null where it cannot be read: another user's process, or one that just ended. */
const environ = (pid: number): ReadonlyArray<string> | null => {
  try {
    return Fs.readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").slice(0, -1)
  } catch {
    return null
  }
}

const text = (file: string): string => {
  try {
    return Fs.readFileSync(file, "utf8")
  } catch {
    return ""
  }
}
