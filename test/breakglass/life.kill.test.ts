/** `kill -9` in the middle of a turn. 200 of them: life.soak.ts. */
import { describe, it } from "@effect/vitest"
import { killAtRandom } from "../support/kills.ts"
import { seeded } from "../support/processes.ts"

describe("the server", () => {
  it("LIFE-01: killed at 20 random moments of a turn has lost nothing, and nothing of the turn is left", async () => {
    console.info("LIFE-01:", await killAtRandom(Number(process.env["KILLS"] ?? 20), seeded("LIFE-01")))
  }, 300_000)
})
