/** What a former life of this server left behind: turns with no end, and their processes. */
import { Effect, Schedule, type Scope, Semaphore } from "effect"
import { markerName } from "../agent/profile.ts"
import type { NotLoaded } from "./errors.ts"
import * as Marker from "../../core/process/marker.ts"
import type { Journal, JournalFailed } from "../../core/journal/Journal.ts"
import type { EventSink } from "../../core/turn/EventSink.ts"
import { errorEvent } from "../../core/turn/verdict.ts"

/**
 * Ends what a former life left, before it returns, or, of what the journal could not tell by then, every second until it
 * can. Gives what a turn waits for before it begins: one more try at what is left of it; fails while that is not known.
 */
export const inherit = Effect.fnUntraced(function* (
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
    // No prompt has been passed on yet, so no turn is in one.
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

/**
 * Ends what still runs of a turn whose server is gone, and gives what the log is owed: the turn's end, once what the agent
 * remembers of it is kept.
 */
export const end = Effect.fnUntraced(function* (
  log: EventSink,
  turn: string,
  closeHome: Effect.Effect<unknown, JournalFailed>
) {
  const swept = yield* Marker.sweep(Marker.trace(`${markerName}=${turn}`).look)
  const events = [errorEvent(cutOff(swept)), interrupted]
  return Effect.andThen(closeHome, log.append(events))
})

const interrupted = { kind: "turn_end", outcome: "interrupted", metadata: { unfinished: true } } as const

export const cutOff = ({ seen, left }: Marker.Swept): string => {
  const still =
    seen.size === 1 ? "1 process of it was still running" : `${seen.size} processes of it were still running`
  const here =
    left === null
      ? "What it had started could not be looked for."
      : left > 0
        ? `${still}, and ${left} could not be ended.`
        : `${still} and ${seen.size === 1 ? "was" : "were"} ended.`
  return (
    `the server restarted while this turn ran. ${here} A command may have run without its result being seen, and one ` +
    "on the target may run on there: look before you go on."
  )
}
