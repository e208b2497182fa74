import { Effect, Exit } from "effect"
import { steady } from "./monotonic.ts"

/**
 * One run for all who ask while it is under way; what it gave is theirs, and everybody's for `kept` milliseconds more. Who leaves ends it only when nobody else waits. `Effect.cachedWithTTL` goes by the wall's clock: set back by an hour, it
 * would give an old answer for an hour.
 */
export const shared = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  kept: (answer: A) => number = () => 0
): Effect.Effect<Effect.Effect<A, E, R>> =>
  Effect.gen(function* () {
    let until = 0
    let runs = 0
    const run = Effect.suspend(() => {
      const own = ++runs
      until = Number.POSITIVE_INFINITY
      return Effect.onExit(effect, (exit) =>
        Effect.map(steady, (now) => {
          if (own === runs) until = now + (Exit.isSuccess(exit) ? kept(exit.value) : 0)
        })
      )
    })
    const [cached, forget] = yield* Effect.cachedInvalidateWithTTL(run, "Infinity")
    return Effect.flatMap(steady, (now) => (now < until ? cached : Effect.andThen(forget, cached)))
  })
