/** Turns that were open before the restart: they get their end, and their processes are ended. */
import { Effect, Schedule, type Scope, Semaphore } from "effect"
import { markerName } from "../agent/profile.ts"
import type { NotLoaded } from "./errors.ts"
import * as Marker from "../../core/process/marker.ts"
import type { Journal, JournalFailed } from "../../core/journal/Journal.ts"
import type { EventSink } from "../../core/turn/EventSink.ts"
import { errorEvent } from "../../core/turn/verdict.ts"

/**
 * Ends the turns that were open before the restart. What the journal cannot tell by then is tried again every second.
 * Returns what a new turn waits for: one more try at what is left, which fails while it cannot be told.
 */
export const recoverTurns = Effect.fnUntraced(function* (
  journal: Journal["Service"],
  load: (session: string) => Effect.Effect<unknown, NotLoaded>,
  scope: Scope.Scope
) {
  const oneAtATime = yield* Semaphore.make(1)
  let open: ReadonlyArray<string> | null = null
  let cleared = false
  const attempt = Effect.gen(function* () {
    open ??= yield* journal.unended
    const unread = yield* Effect.forEach(
      open,
      (id) =>
        Effect.match(load(id), { onSuccess: () => [], onFailure: ({ _tag }) => (_tag === "NoSession" ? [] : [id]) }),
      { concurrency: "unbounded" }
    )
    open = unread.flat()
    // No prompt has been passed on yet, so no turn is in one of them.
    if (open.length === 0 && !cleared) cleared = yield* Effect.isSuccess(journal.removeHomes)
    return open.length === 0
  }).pipe(oneAtATime.withPermits(1))
  const later = attempt.pipe(
    Effect.orElseSucceed(() => false),
    Effect.repeat({ until: (done) => done, schedule: Schedule.spaced("1 second") })
  )
  const done = yield* Effect.orElseSucceed(journal.failIfStalled(attempt), () => false)
  if (!done) yield* Effect.forkIn(later, scope)
  return journal.failIfStalled(attempt)
})

/** Ends what still runs of the turn. Returns the write of its end, which is to come after what the agent remembers is kept. */
export const endTurn = Effect.fnUntraced(function* (
  log: EventSink,
  turn: string,
  closeHome: Effect.Effect<unknown, JournalFailed>
) {
  const { look, whole } = Marker.trace(`${markerName}=${turn}`)
  const swept = yield* Marker.sweep(look, whole)
  const events = [errorEvent(cutOff(swept)), interrupted]
  return Effect.andThen(closeHome, log.append(events))
})

const interrupted = { kind: "turn_end", outcome: "interrupted", metadata: { unfinished: true } } as const

export const cutOff = ({ found, survivors }: Marker.Swept): string => {
  const still =
    found.size === 1 ? "1 process of it was still running" : `${found.size} processes of it were still running`
  const here =
    survivors === null
      ? "What it had started could not be looked for."
      : survivors > 0
        ? `${still}, and ${survivors} could not be ended.`
        : `${still} and ${found.size === 1 ? "was" : "were"} ended.`
  return (
    `the server restarted while this turn ran. ${here} A command may have run without its result being seen, and one ` +
    "on the target may run on there: look before you go on."
  )
}
