/**
 * The server's own login at the target. At most one is there at a time: a command that waits for a disk that hangs cannot be
 * ended, and a new one every few seconds would fill the machine that is to be rescued. One that hangs is asked again instead.
 */
import { type Cause, Deferred, Effect, Queue, Stream } from "effect"
import type { Probe } from "../../contract/Power.ts"
import { type Program, SubprocessRunner } from "../../core/process/SubprocessRunner.ts"
import type { Redact } from "../../core/redact/redact.ts"
import { refusalIn } from "../../core/ssh/outcome.ts"
import { printable } from "../../core/ssh/printable.ts"
import { monotonic } from "../../core/time/monotonic.ts"
import * as Vitals from "./vitals.ts"

export interface ProbeReply extends Pick<Probe, "state" | "said"> {
  /** Where it is not how long the probe took. */
  readonly took_ms?: number
  /** What the same login shows of the disk. */
  readonly disk?: Probe
}

interface Login {
  readonly startedAt: number
  vitals: Vitals.Vitals
  /** When it was let in; 0 until then. */
  letInAt: number
  /** Called at each line. */
  readonly listeners: Set<() => void>
  /** A line here asks the target for its figures again. */
  readonly stdin: Queue.Queue<string, Cause.Done>
  /** How ssh ended. */
  readonly ended: Deferred.Deferred<ProbeReply>
}

/** ms to wait for the disk's answer. */
const diskLimit = 5000
/** After this a login that was not let in is given up. */
const loginLimit = "30 seconds"

export const make = Effect.fnUntraced(function* (ssh: Program, redact: Redact) {
  const scope = yield* Effect.scope
  let current: Login | null = null

  const start = Effect.gen(function* () {
    const stdin = yield* Queue.unbounded<string, Cause.Done>()
    const ended = yield* Deferred.make<ProbeReply>()
    const vitals = Vitals.unknown
    const login: Login = { startedAt: yield* monotonic, vitals, letInAt: 0, listeners: new Set(), stdin, ended }
    current = login
    const running = Effect.scoped(run(ssh, login, redact)).pipe(
      Effect.catch(({ reason }) =>
        Effect.succeed<ProbeReply>({ state: "unknown", said: `ssh could not be started (${reason}).` })
      ),
      Effect.flatMap((reply) => Deferred.succeed(ended, reply)),
      Effect.ensuring(Effect.sync(() => (current = current === login ? null : current)))
    )
    yield* Effect.forkIn(running, scope)
    return login
  })

  return Effect.gen(function* () {
    const login = current ?? (yield* start)
    const end = yield* Effect.raceFirst(Effect.as(answered(login), null), Deferred.await(login.ended))
    if (!login.vitals.here) return end ?? { state: "unknown" }
    const ms = (yield* monotonic) - login.letInAt
    const disk = { probe: "disk" as const, ...Vitals.disk(login.vitals, ms), took_ms: ms }
    const took_ms = login.letInAt - login.startedAt
    return { state: "ok", took_ms, said: Vitals.pressure(login.vitals), disk } satisfies ProbeReply
  })
})

const run = Effect.fnUntraced(function* (ssh: Program, login: Login, redact: Redact) {
  const runner = yield* SubprocessRunner
  const running = yield* runner.start({ ...ssh, stdin: Stream.fromQueue(login.stdin) })
  let stdout = ""
  const reading = Stream.runForEach(running.lines, (line) =>
    Effect.gen(function* () {
      const text = line._tag === "Line" ? line.text : ""
      stdout = `${stdout}${text}\n`.slice(-1000)
      login.vitals = Vitals.add(login.vitals, text)
      if (login.vitals.here && login.letInAt === 0) login.letInAt = yield* monotonic
      if (Vitals.complete(login.vitals)) yield* Queue.end(login.stdin)
      for (const notify of login.listeners) notify()
    })
  )
  // Before it is let in, ssh does not notice that the other side has gone.
  const giveUp = Effect.suspend(() => (login.vitals.here ? Effect.never : running.end))
  yield* Effect.raceFirst(reading, Effect.andThen(Effect.sleep(loginLimit), giveUp))
  const exited = yield* running.exited
  const stderr = yield* running.stderr
  const said = lastLines(redact(printable(exited.code === 255 ? stderr : `${stderr}\n${stdout}`)).value)
  if (exited.code === 0) return { state: "ok", said } satisfies ProbeReply
  if (exited.code !== 255) return { state: "failed", said } satisfies ProbeReply
  const refusal = refusalIn(stderr) ?? "unknown"
  // A target that answers and refuses us is not a slow one.
  return { state: refusal === "failed" ? "unknown" : refusal, said } satisfies ProbeReply
})

/** Returns when it was let in and the disk has answered, or had its time and the figures are from after that. */
const answered = (login: Login) =>
  Effect.gen(function* () {
    yield* until(login, () => login.vitals.here)
    const complete = until(login, () => Vitals.complete(login.vitals))
    const left = login.letInAt + diskLimit - (yield* monotonic)
    if (left > 0) yield* Effect.raceFirst(complete, Effect.sleep(left))
    if (Vitals.complete(login.vitals)) return
    const { figures } = login.vitals
    yield* Queue.offer(login.stdin, "\n")
    yield* Effect.raceFirst(
      complete,
      until(login, () => login.vitals.figures > figures)
    )
  })

const until = ({ listeners }: Login, holds: () => boolean) =>
  Effect.callback<void>((resume) => {
    const check = () => {
      if (holds()) resume(Effect.void)
    }
    listeners.add(check)
    check()
    return Effect.sync(() => listeners.delete(check))
  })

/** The last three lines, at most 300 characters. */
const lastLines = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .slice(-3)
    .join(" / ")
    .slice(-300)
