/** `kill -9` in the middle of a turn. 200 of them: life.soak.ts. */
import { describe, it } from "@effect/vitest"
import { killAtRandom } from "../support/kills.ts"
import { seeded } from "../support/processes.ts"

describe("the server", () => {
  it("LIFE-01: killed at 20 random moments of a turn has lost nothing, and nothing of the turn is left", async () => {
    const kills = Number(process.env["KILLS"] ?? 20)
    const lanes = [0, 1].map((lane) => killAtRandom(kills / 2, seeded("LIFE-01", lane)))
    console.info("LIFE-01:", await Promise.all(lanes))
  }, 300_000)
})
