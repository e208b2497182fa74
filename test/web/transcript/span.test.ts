import { assert, describe, it } from "@effect/vitest"
import { around, atEnd, blockOf, earlier, held, later } from "../../../web/transcript/span.ts"

describe("span", () => {
  it("is never longer than it may be, never past an end, and reaches both", () => {
    for (const count of [0, 1, held, held + 1, 1000]) {
      let span = atEnd(count)
      let steps = 0
      while (span.from > 0 && steps++ < 1000) span = earlier(span)
      assert.strictEqual(span.from, 0)
      while (span.to < count && steps++ < 2000) {
        span = later(span, count)
        assert.isAtMost(span.to - span.from, held)
      }
      assert.strictEqual(span.to, count)
    }
  })
  it("holds the block an event is in", () => {
    const firsts = Array.from({ length: 100 }, (_, index) => index * 48)
    for (const event of [0, 47, 48, 2400, 4799]) {
      const index = blockOf(firsts, event)
      const { from, to } = around(index, 100)
      assert.isTrue(from <= index && index < to)
      assert.strictEqual(index, Math.floor(event / 48))
    }
  })
})
