import { Effect, Fiber, type Scope } from "effect"
import type { EventLog, Kinded } from "./EventLog.ts"

/**
 * Into the log, in order, without being held up by it: what is told is stored when the disk can, and a disk that fails makes
 * the log miss what memory still knows. `told` waits for all of it, at most 500 ms.
 */
export const telling = <E extends Kinded>(log: EventLog<E>, scope: Scope.Scope) => {
  let newest: Fiber.Fiber<void> | null = null
  return {
    tell: (event: E): Effect.Effect<void> =>
      // At once: their order is that of the log's own queue.
      Effect.map(Effect.forkIn(Effect.ignore(log.append([event])), scope, { startImmediately: true }), (fiber) => {
        newest = fiber
      }),
    told: Effect.suspend(() =>
      newest === null ? Effect.void : Effect.asVoid(Effect.timeoutOption(Fiber.await(newest), "500 millis"))
    )
  }
}
