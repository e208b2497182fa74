import { assert, describe, it } from "@effect/vitest"
import { backoff } from "../../../web/link/link.ts"

describe("backoff", () => {
  it("SSE-08: asks at most once a second and at least every 30 s", () => {
    for (let attempt = 0; attempt < 40; attempt++) {
      for (const random of [0, 0.5, 1]) {
        assert.isAtLeast(backoff(attempt, random), 1000)
        assert.isAtMost(backoff(attempt, random), 30_000)
      }
    }
  })
})
