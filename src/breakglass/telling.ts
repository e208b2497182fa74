import { Effect, Fiber, type Scope } from "effect"
import type { EventLog, Kinded } from "./EventLog.ts"

/**
 * Into the log, in order, without being held up by it. A disk that fails makes the log miss what memory still knows; one
 * that gives no answer is told when it does, and only the first of what waits for it is waited for, a moment.
 */
export const telling = <E extends Kinded>(log: EventLog<E>, scope: Scope.Scope) => {
  let untold = 0
  return Effect.fnUntraced(function* (event: E) {
    untold += 1
    const told = Effect.ensuring(
      Effect.ignore(log.append([event])),
      Effect.sync(() => (untold -= 1))
    )
    const alone = untold === 1
    // At once: their order is that of the log's own queue.
    const fiber = yield* Effect.forkIn(told, scope, { startImmediately: true })
    if (alone) yield* Effect.timeoutOption(Fiber.await(fiber), "500 millis")
  })
}
