/** The same as in main.kill.test.ts, for longer. */
import { describe, it } from "@effect/vitest"
import { killAtRandom } from "../support/server/kills.ts"
import { seeded } from "../support/text/seeded.ts"

describe("the server", () => {
  it("LIFE-01: killed at 200 random moments of a turn has lost nothing, and nothing of the turn is left", async () => {
    console.info("LIFE-01:", await killAtRandom(Number(process.env["KILLS"] ?? 200), seeded("LIFE-01")))
  }, 3_600_000)
})
