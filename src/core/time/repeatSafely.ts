import { type Duration, Effect, Schedule } from "effect"

/**
 * Does it now and every so often, as long as the scope lives. A fault in it is in the server's log, and it is done again:
 * a server that sends no keepalive any more, and does not know it, would be worse than one that is down.
 */
export const tended = <R>(apart: Duration.Input, effect: Effect.Effect<unknown, never, R>) =>
  effect.pipe(
    Effect.catchDefect((defect) => Effect.logError("What the server does every so often failed", defect)),
    Effect.repeat(Schedule.spaced(apart)),
    Effect.forkScoped
  )
