import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { shareInFlight } from "../../../src/core/time/shareInFlight.ts"

/** Takes a second, and gives how many times it was begun. */
const bench = (kept: number) => {
  const seen = { begun: 0, left: 0 }
  const work = Effect.suspend(() => Effect.as(Effect.sleep("1 second"), ++seen.begun)).pipe(
    Effect.onInterrupt(() => Effect.sync(() => seen.left++))
  )
  return Effect.map(
    shareInFlight(work, () => kept),
    (asked) => ({
      seen,
      fork: Effect.forkChild(asked, { startImmediately: true }),
      /** What it gives, with the time it takes. */
      got: Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(asked, { startImmediately: true })
        yield* TestClock.adjust("1 second")
        return yield* Fiber.join(fiber)
      }),
      now: asked
    })
  )
}

describe("what is shareInFlight", () => {
  it.effect("is done once for all who ask meanwhile, and anew for who asks after it", () =>
    Effect.gen(function* () {
      const { fork, got, seen } = yield* bench(0)
      const early = yield* fork
      yield* TestClock.adjust("999 millis")
      const late = yield* fork
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual([yield* Fiber.join(early), yield* Fiber.join(late), seen.begun], [1, 1, 1])
      assert.strictEqual(yield* got, 2)
    })
  )

  it.effect("is everybody's for as long as it is kept, and no longer", () =>
    Effect.gen(function* () {
      const { got, now } = yield* bench(250)
      assert.strictEqual(yield* got, 1)
      yield* TestClock.adjust("249 millis")
      assert.strictEqual(yield* now, 1)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* got, 2)
    })
  )

  it.effect("is kept as long as its answer is worth, and a failure not at all", () =>
    Effect.gen(function* () {
      let begun = 0
      const failing = yield* shareInFlight(
        Effect.suspend(() => Effect.fail(++begun)),
        () => 250
      )
      assert.deepStrictEqual([yield* Effect.flip(failing), yield* Effect.flip(failing)], [1, 2])
      const odd = yield* shareInFlight(
        Effect.sync(() => ++begun),
        (answer) => (answer % 2 === 0 ? 0 : 250)
      )
      assert.deepStrictEqual([yield* odd, yield* odd], [3, 3])
      yield* TestClock.adjust("250 millis")
      assert.deepStrictEqual([yield* odd, yield* odd, yield* odd], [4, 5, 5])
    })
  )

  it.effect("is kept no longer when the clock is set back", () =>
    Effect.gen(function* () {
      for (const kept of [0, 250]) {
        const { got } = yield* bench(kept)
        yield* TestClock.setTime(10_000_000)
        assert.strictEqual(yield* got, 1)
        yield* TestClock.setTime(0)
        yield* TestClock.adjust("250 millis")
        assert.strictEqual(yield* got, 2)
      }
    })
  )

  it.effect("ends when the last of them leaves, and what the next asks for is whole", () =>
    Effect.gen(function* () {
      const { fork, got, seen } = yield* bench(0)
      const [first, second] = [yield* fork, yield* fork]
      yield* Fiber.interrupt(first)
      assert.strictEqual(seen.left, 0)
      yield* Fiber.interrupt(second)
      assert.strictEqual(seen.left, 1)
      const third = yield* fork
      assert.deepStrictEqual([yield* got, yield* Fiber.join(third), seen.begun], [2, 2, 2])
    })
  )
})
