/** The same as in race.test.ts, for longer. */
import { assert, describe, it } from "@effect/vitest"
import { discard, startServer } from "../support/BreakglassServer.ts"
import { seeded } from "../support/seeded.ts"
import { stopAtRandom } from "../support/stops.ts"

describe("Stop", () => {
  it("RACE-03: at 1,000 random moments has one of two outcomes, and says which", async () => {
    const server = await startServer()
    const ends = await stopAtRandom(server, Number(process.env["ROUNDS"] ?? 1000), seeded("RACE-03"))
    console.info("RACE-03:", ends)
    assert.deepStrictEqual(Object.keys(ends).sort(), ["cancelled", "completed"])
    await discard(server)
  }, 3_600_000)
})
