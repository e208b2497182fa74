import { Effect, Fiber, type Scope } from "effect"
import type { EventLog, Kinded } from "./EventLog.ts"

/**
 * Appends to a log, in order, without waiting for it. An event is stored when the disk takes it; a disk that fails makes the
 * log miss what memory still knows. `flush` waits for the appends so far, at most 500 ms.
 */
export const appendInBackground = <E extends Kinded>(log: EventLog<E>, scope: Scope.Scope) => {
  let newest: Fiber.Fiber<void> | null = null
  return {
    append: (event: E): Effect.Effect<void> =>
      // At once, so that their order is that of the log's own queue.
      Effect.map(Effect.forkIn(Effect.ignore(log.append([event])), scope, { startImmediately: true }), (fiber) => {
        newest = fiber
      }),
    flush: Effect.suspend(() =>
      newest === null ? Effect.void : Effect.asVoid(Effect.timeoutOption(Fiber.await(newest), "500 millis"))
    )
  }
}
