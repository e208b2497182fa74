/** Processes by what /proc says of them. A process is signalled only when its own argv names the caller's directory. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

export interface Process {
  readonly pid: number
  readonly exe: string
  readonly argv: ReadonlyArray<string>
}

export const alive = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2))
  } catch {
    return false
  }
}

/** Those that were started with a path below `dir` somewhere in their argv, or run an executable from there. */
export const under = (dir: string): ReadonlyArray<Process> =>
  readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, "utf8")
        const exe = words === "" ? "" : readlinkSync(`/proc/${name}/exe`)
        const ours = `${exe}\0${words}`.includes(`${dir}/`) && Number(name) !== process.pid
        return ours ? [{ pid: Number(name), exe, argv: words.split("\0").slice(0, -1) }] : []
      } catch {
        return []
      }
    })

export const end = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL")
  } catch {
    // It ended by itself.
  }
}

/** Ends everything that still runs from `dir`, again until nothing does: what is being started may not be seen at once. */
export const sweep = async (dir: string): Promise<void> => {
  for (let quiet = 0; quiet < 3;) {
    const left = under(dir)
    for (const { pid } of left) end(pid)
    quiet = left.length === 0 ? quiet + 1 : 0
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Waits for a fact; what is awaited is looked at, never slept for. */
export const eventually = async <A>(
  what: string,
  look: () => A | undefined | false | Promise<A | undefined | false>,
  seconds = 40
): Promise<A> => {
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    const seen = await look()
    if (seen !== undefined && seen !== false) return seen
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
  throw new Error(`not within ${seconds} s: ${what}`)
}
