/** Who comes to the VM's log is shown what the VM is now, and does not wait for the next round. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Deferred, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Config } from "../../../src/breakglass/config/Config.ts"
import { showObservations } from "../../../src/breakglass/target/showObservations.ts"
import { Readers } from "../../../src/core/http/Subscribers.ts"
import { targets } from "../../support/power/targets.ts"

const config = Config.layer.pipe(
  Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ HOME: "/home/op" })))
)

describe("the observer", () => {
  it.effect("looks when a reader comes, and not again for who comes within the next two seconds", () =>
    Effect.gen(function* () {
      let [looks, here] = [0, 0]
      let next = Deferred.makeUnsafe<void>()
      const comes = Effect.suspend(() => {
        const came = next
        next = Deferred.makeUnsafe<void>()
        here++
        return Deferred.succeed(came, undefined)
      })
      const ask = Effect.sync(() => (looks++, { state: "running" }))
      const parts = Layer.mergeAll(
        Layer.mock(Readers)({
          count: () => Effect.sync(() => here),
          comes: () => Effect.suspend(() => Deferred.await(next))
        }),
        targets({ power: { show: () => Effect.void }, probes: [{ probe: "pve", ask }] })
      )
      yield* Layer.build(showObservations.pipe(Layer.provide(parts), Layer.provide(config)))
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual(looks, 0)
      yield* comes
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(looks, 1)
      yield* comes
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual(looks, 1)
    })
  )
})
