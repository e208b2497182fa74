/**
 * The server's own visits to the target. At most one is there: a command that waits for a disk that hangs cannot be ended, and
 * a new one every few seconds would fill the machine that is to be rescued. One that hangs is asked again instead.
 */
import { type Cause, Deferred, Effect, Queue, Stream } from "effect"
import { type Program, SubprocessRunner } from "../../core/process/SubprocessRunner.ts"
import type { Seen } from "./Observer.ts"
import { refusalIn } from "../../core/ssh/outcome.ts"
import { printable } from "../../core/ssh/printable.ts"
import type { Redact } from "../../core/redact/redact.ts"
import { steady } from "../../core/time/monotonic.ts"
import * as Vitals from "./vitals.ts"

interface Visit {
  readonly from: number
  vitals: Vitals.Vitals
  /** When it was let in. */
  here: number
  /** Told of each line. */
  readonly readers: Set<() => void>
  readonly asks: Queue.Queue<string, Cause.Done>
  /** How ssh ended. */
  readonly ended: Deferred.Deferred<Seen>
}

/** What is waited for the disk, and for a login before it is given up. */
const patience = 5000
const logins = "30 seconds"

export const make = Effect.fnUntraced(function* (ssh: Program, redact: Redact) {
  const scope = yield* Effect.scope
  let current: Visit | null = null

  const begin = Effect.gen(function* () {
    const asks = yield* Queue.unbounded<string, Cause.Done>()
    const ended = yield* Deferred.make<Seen>()
    const visit: Visit = { from: yield* steady, vitals: Vitals.unknown, here: 0, readers: new Set(), asks, ended }
    current = visit
    const going = Effect.scoped(carriedOut(ssh, visit, redact)).pipe(
      Effect.catch(({ reason }) =>
        Effect.succeed<Seen>({ state: "unknown", said: `ssh could not be started (${reason}).` })
      ),
      Effect.flatMap((seen) => Deferred.succeed(ended, seen)),
      Effect.ensuring(Effect.sync(() => (current = current === visit ? null : current)))
    )
    yield* Effect.forkIn(going, scope)
    return visit
  })

  return Effect.gen(function* () {
    const visit = current ?? (yield* begin)
    const seen = yield* Effect.raceFirst(Effect.as(answered(visit), null), Deferred.await(visit.ended))
    if (!visit.vitals.here) return seen ?? { state: "unknown" }
    const ms = (yield* steady) - visit.here
    const disk = { probe: "disk" as const, ...Vitals.disk(visit.vitals, ms), took_ms: ms }
    return { state: "ok", took_ms: visit.here - visit.from, said: Vitals.pressure(visit.vitals), disk } satisfies Seen
  })
})

const carriedOut = Effect.fnUntraced(function* (ssh: Program, visit: Visit, redact: Redact) {
  const runner = yield* SubprocessRunner
  const running = yield* runner.start({ ...ssh, stdin: Stream.fromQueue(visit.asks) })
  let stdout = ""
  const listening = Stream.runForEach(running.lines, (line) =>
    Effect.gen(function* () {
      const text = line._tag === "Line" ? line.text : ""
      stdout = `${stdout}${text}\n`.slice(-1000)
      visit.vitals = Vitals.hear(visit.vitals, text)
      if (visit.vitals.here && visit.here === 0) visit.here = yield* steady
      if (Vitals.whole(visit.vitals)) yield* Queue.end(visit.asks)
      for (const tell of visit.readers) tell()
    })
  )
  // Before it is let in, ssh does not notice that the other side has gone.
  const never = Effect.suspend(() => (visit.vitals.here ? Effect.never : running.end))
  yield* Effect.raceFirst(listening, Effect.andThen(Effect.sleep(logins), never))
  const exited = yield* running.exited
  const stderr = yield* running.stderr
  const said = shown(redact(printable(exited.code === 255 ? stderr : `${stderr}\n${stdout}`)).value)
  if (exited.code === 0) return { state: "ok", said } satisfies Seen
  if (exited.code !== 255) return { state: "failed", said } satisfies Seen
  const why = refusalIn(stderr) ?? "unknown"
  // A target that answers and refuses us is not a slow one.
  return { state: why === "failed" ? "unknown" : why, said } satisfies Seen
})

/** Let in; and the disk has answered, or was given its time and the figures are from after that. */
const answered = (visit: Visit) =>
  Effect.gen(function* () {
    yield* until(visit, () => visit.vitals.here)
    const whole = until(visit, () => Vitals.whole(visit.vitals))
    const left = visit.here + patience - (yield* steady)
    if (left > 0) yield* Effect.raceFirst(whole, Effect.sleep(left))
    if (Vitals.whole(visit.vitals)) return
    const { figures } = visit.vitals
    yield* Queue.offer(visit.asks, "\n")
    yield* Effect.raceFirst(
      whole,
      until(visit, () => visit.vitals.figures > figures)
    )
  })

const until = ({ readers }: Visit, holds: () => boolean) =>
  Effect.callback<void>((resume) => {
    const tell = () => {
      if (holds()) resume(Effect.void)
    }
    readers.add(tell)
    tell()
    return Effect.sync(() => readers.delete(tell))
  })

/** The last of what was said. */
const shown = (said: string): string =>
  said
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .slice(-3)
    .join(" / ")
    .slice(-300)
