import { describe, it } from "@effect/vitest"
import { growth, little } from "../support/volume.ts"

describe("readers that never read", () => {
  for (const [megabytes, readers] of [
    [200, 1],
    [80, 20]
  ] as const) {
    it(`SUB-01 cost the server less than 20 MB, and another reader no event: ${readers}, ${megabytes} MB`, async () => {
      little(`${readers} stalled, ${megabytes} MB`, await growth(megabytes, readers))
    })
  }
})
