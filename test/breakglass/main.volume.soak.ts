import { assert, describe, it } from "@effect/vitest"
import { growth, little } from "../support/server/volume.ts"

describe("readers that never read", () => {
  for (const [megabytes, readers] of [
    [200, 1],
    [80, 20]
  ] as const) {
    it(`SUB-01 cost the server less than 20 MB, and another reader no event: ${readers}, ${megabytes} MB`, async () => {
      const seen = await growth(megabytes, readers)
      little(`${readers} stalled, ${megabytes} MB`, seen)
      assert.isBelow(seen.late, 250)
    })
  }
})
