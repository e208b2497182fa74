/** Process real programs in tests. They are waited for by what they say and by turns of Node's loop, never by time. */
import { it } from "@effect/vitest"
import { Effect, type Scope, Stream } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { signal } from "../../../src/core/process/marker.ts"
import { type Program, type Process, SubprocessRunner } from "../../../src/core/process/SubprocessRunner.ts"

type Needs = Scope.Scope | SubprocessRunner

/** A fact, seen on real programs. */
export const live = (fact: string, body: () => Generator<Effect.Effect<unknown, unknown, Needs>, void, never>) =>
  it.live(fact, () => Effect.provide(Effect.gen(body), SubprocessRunner.layer), 20_000)

export const start = (program: Partial<Program>) =>
  Effect.flatMap(SubprocessRunner, (runner) =>
    runner.start({ file: "/bin/sh", args: [], inherit: ["PATH"], ...program })
  )

export const sh = (script: string, more: Partial<Program> = {}) => start({ args: ["-c", script], ...more })

/** Its lines to the end, or the first so many. */
export const heard = (running: Process, most = Number.POSITIVE_INFINITY) =>
  Effect.map(Stream.runCollect(Stream.take(running.lines, most)), (lines) =>
    [...lines].map((line) => (line._tag === "Line" ? line.text : `${line.why} ${line.bytes}`))
  )

/** Its lines from start to end. */
export const said = (program: Partial<Program>) =>
  Effect.scoped(Effect.flatMap(start(program), (running) => heard(running)))

/** Lets Node read, write and reap. */
export const turns = (count: number) =>
  Effect.callback<void>((resume) => {
    const go = (left: number): unknown => (left === 0 ? resume(Effect.void) : setImmediate(go, left - 1))
    go(count)
  })

export const until = (holds: () => boolean) => Effect.repeat(Effect.map(turns(1), holds), { until: (yes) => yes })

/** Gone, or a zombie that nobody has reaped yet. */
export const dead = (pid: number): boolean => {
  try {
    return !signal(pid, 0) || / \(.*\) Z /s.test(Fs.readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return true
  }
}

/** A file that is there as long as the test's scope. */
export const file = (name: string, mode: number, content: string) =>
  Effect.gen(function* () {
    const directory = Fs.mkdtempSync(Path.join(Os.tmpdir(), "breakglass-"))
    yield* Effect.addFinalizer(() => Effect.sync(() => Fs.rmSync(directory, { recursive: true })))
    const path = Path.join(directory, name)
    Fs.writeFileSync(path, content, { mode })
    return { directory, path }
  })
