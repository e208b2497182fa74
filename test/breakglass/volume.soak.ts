import { assert, describe, it } from "@effect/vitest"
import { growth, tell } from "../support/volume.ts"

describe("readers that never read", () => {
  for (const [megabytes, readers] of [
    [200, 1],
    [80, 20]
  ] as const) {
    it(`SUB-01 cost the server less than 20 MB, and another reader no event: ${readers}, ${megabytes} MB`, async () => {
      const grown = await growth(megabytes, readers)
      tell(`SUB-01, ${readers} stalled, ${megabytes} MB`, grown)
      assert.isBelow(grown.resident, 20_000_000)
      assert.isBelow(grown.heap, 10_000_000)
    })
  }
})
