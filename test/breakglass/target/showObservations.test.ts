/** The VM has been observed before anybody comes to its log, and is observed anew when somebody does. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Deferred, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Config } from "../../../src/breakglass/config/Config.ts"
import { showObservations } from "../../../src/breakglass/target/showObservations.ts"
import { Subscribers } from "../../../src/core/http/Subscribers.ts"
import { targets } from "../../support/power/targets.ts"

const config = Config.layer.pipe(
  Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ HOME: "/home/op" })))
)

/** The observations at work, how many there were, and a way for a reader to come. */
const observing = Effect.gen(function* () {
  const seen = { looks: 0 }
  let here = 0
  let next = Deferred.makeUnsafe<void>()
  const comes = Effect.suspend(() => {
    const came = next
    next = Deferred.makeUnsafe<void>()
    here++
    return Deferred.succeed(came, undefined)
  })
  const ask = Effect.sync(() => (seen.looks++, { state: "running" }))
  const parts = Layer.mergeAll(
    Layer.mock(Subscribers)({
      count: () => Effect.sync(() => here),
      comes: () => Effect.suspend(() => Deferred.await(next))
    }),
    targets({ power: { show: () => Effect.void }, probes: [{ probe: "pve", ask }] })
  )
  yield* Layer.build(showObservations.pipe(Layer.provide(parts), Layer.provide(config)))
  return { seen, comes }
})

describe("the observer", () => {
  it.effect("looks when the server starts, and once a minute while nobody reads", () =>
    Effect.gen(function* () {
      const { seen } = yield* observing
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(seen.looks, 1)
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(seen.looks, 1)
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual(seen.looks, 2)
    })
  )

  it.effect("looks when a reader comes, and not again for who comes within the next two seconds", () =>
    Effect.gen(function* () {
      const { seen, comes } = yield* observing
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual(seen.looks, 1)
      yield* comes
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(seen.looks, 2)
      yield* TestClock.adjust("1 seconds")
      yield* comes
      yield* TestClock.adjust("500 millis")
      assert.strictEqual(seen.looks, 2)
      yield* TestClock.adjust("1 seconds")
      yield* comes
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(seen.looks, 3)
    })
  )
})
