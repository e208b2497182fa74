/** Shells that say the pid of each process they have begun, so that none is looked for before it is there. */
import { Deferred, Effect } from "effect"
import * as Child from "node:child_process"
import { randomUUID } from "node:crypto"
import * as Fs from "node:fs"
import * as Readline from "node:readline"
import { type Marker, signal } from "../../../src/core/process/marker.ts"

export const name = "MARKER_TEST"
export const fresh = (): Marker => `${name}=${randomUUID()}`

/** Says its pid and stays. No `exec sleep`: in the middle of an exec a process shows no environment. */
export const stay = "echo $$; kill -STOP $$"
export const child = `sh -c '${stay}'`

/** The pids a script says, as soon as it has said so many; all of them end with the scope. */
export const shell = (script: string, env: Record<string, string>, said = 1) =>
  Effect.gen(function* () {
    const started = Child.spawn("/bin/sh", ["-c", script], {
      env: { PATH: "/usr/bin:/bin", ...env },
      detached: true,
      stdio: ["ignore", "pipe", "inherit"]
    })
    const pids: Array<number> = []
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        signal(-(started.pid ?? 2 ** 30), "SIGKILL")
        for (const pid of pids) signal(pid, "SIGKILL")
      })
    )
    const ready = yield* Deferred.make<void>()
    Readline.createInterface(started.stdout).on("line", (line) => {
      pids.push(Number(line))
      if (pids.length === said) Deferred.doneUnsafe(ready, Effect.void)
    })
    yield* Deferred.await(ready)
    return { pid: started.pid ?? 0, pids: pids.slice() }
  })

export const marked = (script: string, marker: string, said?: number) => {
  const at = marker.indexOf("=")
  return shell(script, { [marker.slice(0, at)]: marker.slice(at + 1) }, said)
}

/** Gone, or a zombie that nobody has reaped yet. */
export const dead = (pid: number): boolean => {
  try {
    return /\) Z /.test(Fs.readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return true
  }
}

export const cmdline = (pid: string): string => {
  try {
    return Fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ").trim()
  } catch {
    return ""
  }
}

export const missing = (pids: ReadonlyArray<number>, found: ReadonlySet<number> | null) =>
  pids.filter((pid) => found?.has(pid) !== true)
