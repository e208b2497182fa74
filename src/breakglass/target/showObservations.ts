/**
 * Shows the readers of each target's log what its probes find, for as long as the server lives: at its start, every 5 s
 * while somebody reads, once a minute otherwise, and at once for a reader who comes.
 */
import { DateTime, Effect, Layer, Semaphore } from "effect"
import { Subscribers } from "../../core/http/Subscribers.ts"
import { repeatSafely } from "../../core/time/repeatSafely.ts"
import { diagnose } from "../observe/diagnose.ts"
import { observe } from "../observe/Observer.ts"
import { type Target, Targets } from "./Targets.ts"

export const showObservations = Layer.effectDiscard(
  Effect.gen(function* () {
    const { all } = yield* Targets
    yield* Effect.forEach(all, showTarget)
  })
)

const showTarget = Effect.fnUntraced(function* ({ id, observer, power }: Target) {
  const readers = yield* Subscribers
  const show = Effect.gen(function* () {
    const probes = yield* observe(observer.probes)
    const observed_at = DateTime.formatIso(yield* DateTime.now)
    yield* power.show({ ...diagnose(probes), observed_at, probes })
  })
  // The first round too: a VM that hangs takes ten seconds to observe, and the first reader is not to wait for that.
  let rounds = 0
  const due = Effect.map(readers.count(id), (count) => rounds++ % 12 === 0 || count > 0)
  const one = Semaphore.makeUnsafe(1)
  yield* repeatSafely(
    "5 seconds",
    Effect.flatMap(due, (now) => (now ? one.withPermits(1)(show) : Effect.void))
  )
  // A reader who comes is not shown what was observed a minute ago. Many who come within 2 s cause one observation.
  yield* repeatSafely("2 seconds", Effect.andThen(readers.comes(id), one.withPermitsIfAvailable(1)(show)))
})
