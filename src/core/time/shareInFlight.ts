import { Effect, Exit } from "effect"
import { monotonic } from "./monotonic.ts"

/**
 * One run for all callers that ask while it is under way; its result is theirs, and is kept for `kept` milliseconds more. A
 * caller that leaves ends the run only when no other waits. `Effect.cachedWithTTL` uses the wall clock: set back by an hour,
 * it would give an old result for an hour.
 */
export const shareInFlight = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  kept: (result: A) => number = () => 0
): Effect.Effect<Effect.Effect<A, E, R>> =>
  Effect.gen(function* () {
    let until = 0
    let runs = 0
    const run = Effect.suspend(() => {
      const own = ++runs
      until = Number.POSITIVE_INFINITY
      return Effect.onExit(effect, (exit) =>
        Effect.map(monotonic, (now) => {
          if (own === runs) until = now + (Exit.isSuccess(exit) ? kept(exit.value) : 0)
        })
      )
    })
    const [cached, forget] = yield* Effect.cachedInvalidateWithTTL(run, "Infinity")
    return Effect.flatMap(monotonic, (now) => (now < until ? cached : Effect.andThen(forget, cached)))
  })
