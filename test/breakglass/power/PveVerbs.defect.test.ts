/** A fault of our own in the middle of an operation, and in what runs beside: it is said, and the buttons stay. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { TestClock } from "effect/testing"
import type { AskHost } from "../../../src/breakglass/power/hostProtocol.ts"
import { PveVerbs } from "../../../src/breakglass/power/PveVerbs.ts"
import { repeatSafely } from "../../../src/core/time/repeatSafely.ts"
import { host, result, runs } from "../../support/power/hostWords.ts"
import { aDay, carriedOut, over, power, until } from "../../support/power/powerSimulation.ts"

describe("a fault of the server's own", () => {
  it.effect("LIFE-07 in an operation leaves it unknown, not running for ever, and the next one is sent", () => {
    const well = host((verb) => (verb === "cycle" ? { lines: [result(0)] } : runs))
    let faults = 1
    const ask: AskHost = (...asked) => (faults-- > 0 ? Effect.die("a fault") : well.ask(...asked))
    return Effect.gen(function* () {
      yield* aDay
      const service = yield* PveVerbs
      const waiting = yield* Effect.exit(service.run({ verb: "cycle", actor: "op" }))
      assert.isTrue(Exit.isFailure(waiting))
      const [{ op_id: id } = assert.fail()] = yield* service.list
      const { outcome, phase, evidence } = yield* until(id, over)
      assert.deepStrictEqual([outcome, phase], ["unknown", "unknown"])
      assert.match(evidence, /^The host could not be asked how it ended\./)
      assert.deepInclude(yield* carriedOut("cycle"), { outcome: "ok", verified: true })
      assert.strictEqual(well.count("cycle"), 1)
    }).pipe(Effect.provide(power(ask)))
  })

  it.effect("LIFE-07 in what is done every so often is not the end of it", () =>
    Effect.gen(function* () {
      let times = 0
      yield* repeatSafely(
        "2 seconds",
        Effect.sync(() => {
          if (++times === 2) throw new Error("a fault")
        })
      )
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual(times, 5)
    })
  )
})
