import { type Duration, Effect, Schedule } from "effect"

/**
 * Runs it now and at each interval, until the scope closes. A defect in it is logged, and the next run comes all the same: a
 * server that no longer sends keepalives, and does not know it, would be worse than one that is down.
 */
export const repeatSafely = <R>(interval: Duration.Input, effect: Effect.Effect<unknown, never, R>) =>
  effect.pipe(
    Effect.catchDefect((defect) => Effect.logError("A repeated task of the server failed", defect)),
    Effect.repeat(Schedule.spaced(interval)),
    Effect.forkScoped
  )
