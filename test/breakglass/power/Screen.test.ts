/** One picture of the VM's screen for everyone who asks at once; under the test's own clock. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as Screen from "../../../src/breakglass/power/Screen.ts"
import { broken, host, type Words } from "../../support/power/hostWords.ts"
import { readPng } from "../../support/text/png.ts"

const bytes = Buffer.from("P6\n2 1\n255\n\u0001\u0002\u0003\u0004\u0005\u0006")
const result = "breakglass-result op=OP verb=screen rc=0 vm=running secs=0"
const picture: Words = {
  lines: [`breakglass-screen op=OP format=ppm encoding=base64 bytes=${bytes.length}`, bytes.toString("base64"), result],
  takes: 1000
}
/** As many at once as there are phones in the house. */
const crowd = (take: Effect.Success<ReturnType<typeof Screen.make>>) =>
  Effect.gen(function* () {
    const fibers = yield* Effect.forEach(Array.from({ length: 100 }), () =>
      Effect.forkChild(take, { startImmediately: true })
    )
    yield* TestClock.adjust("1 second")
    return yield* Effect.forEach(fibers, Fiber.await)
  })

describe("a picture of the screen", () => {
  it.effect("of 100 at once is one question to the host, and all are given its picture", () =>
    Effect.gen(function* () {
      const { ask, asked } = host(() => picture)
      const take = yield* Screen.make(ask)
      const answers = yield* crowd(take)
      for (const answer of answers) {
        const png = readPng(Exit.isSuccess(answer) ? answer.value : new Uint8Array())
        assert.deepStrictEqual([png.width, png.height, ...png.pixels], [2, 1, 1, 2, 3, 4, 5, 6])
      }
      assert.strictEqual(answers.length, 100)
      assert.deepStrictEqual(asked, ["screen"])
    })
  )

  it.effect("is new for whoever asks after it, whatever it gave", () =>
    Effect.gen(function* () {
      const { ask, asked } = host((_, times) =>
        times === 2 ? { lines: ["no display", result], takes: 1000 } : picture
      )
      const take = yield* Screen.make(ask)
      for (const sees of [true, false, true]) {
        for (const answer of yield* crowd(take)) assert.strictEqual(Exit.isSuccess(answer), sees)
      }
      assert.deepStrictEqual(asked, ["screen", "screen", "screen"])
    })
  )

  it.effect("goes on for the others when one goes away, and not for nobody", () =>
    Effect.gen(function* () {
      let ended = 0
      const { ask, asked } = host(() => picture)
      const take = yield* Screen.make((...words) => Effect.onInterrupt(ask(...words), () => Effect.sync(() => ended++)))
      const [first, second] = [
        yield* Effect.forkChild(take, { startImmediately: true }),
        yield* Effect.forkChild(take, { startImmediately: true })
      ]
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("1 second")
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(second)))
      const third = yield* Effect.forkChild(take, { startImmediately: true })
      yield* Fiber.interrupt(third)
      assert.deepStrictEqual([asked.length, ended], [2, 1])
    })
  )

  const failing: ReadonlyArray<readonly [what: string, words: Words, detail: string]> = [
    ["is lost", broken, "The connection to the host broke."],
    ["is silent", { ...picture, takes: 60_000 }, "The host did not answer in 15 s."],
    ["sends something else", { lines: ["<html>", result] }, "What the host sent is not a picture."],
    [
      "floods",
      { lines: [...Array.from({ length: 20 }, () => "A".repeat(1e6)), result] },
      "What the host sent is not a picture."
    ]
  ]
  it.effect.each(failing)("of a host that %s is not known, with the reason", ([, words, detail]) =>
    Effect.gen(function* () {
      const take = yield* Screen.make(host(() => words).ask)
      const fiber = yield* Effect.forkChild(Effect.flip(take), { startImmediately: true })
      yield* TestClock.adjust("15 seconds")
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "ScreenUnknown", why: detail })
    })
  )
})
