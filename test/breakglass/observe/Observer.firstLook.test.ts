/** Who comes to the VM's log is shown what the VM is now, and does not wait for the next round. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Observer } from "../../../src/breakglass/observe/Observer.ts"
import { PveVerbs } from "../../../src/breakglass/power/PveVerbs.ts"
import { Readers } from "../../../src/core/http/Subscribers.ts"

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
      const state = Effect.sync(() => (looks++, { state: "running" }))
      const parts = Layer.mergeAll(
        Layer.mock(PveVerbs)({ show: () => Effect.void }),
        Layer.mock(Readers)({
          count: () => Effect.sync(() => here),
          comes: () => Effect.suspend(() => Deferred.await(next))
        }),
        Layer.succeed(Observer, { looks: [{ probe: "pve", state }] })
      )
      yield* Layer.build(Layer.provide(Observer.watching, parts))
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
