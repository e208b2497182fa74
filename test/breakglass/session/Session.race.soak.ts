/** The same as in Session.race.test.ts, for longer. */
import { assert, describe, it } from "@effect/vitest"
import { discard, startServer } from "../../support/server/BreakglassServer.ts"
import { seeded } from "../../support/text/seeded.ts"
import { stopAtRandom } from "../../support/session/stops.ts"

describe("Stop", () => {
  it("RACE-03: at 1,000 random moments has one of two outcomes, and says which", async () => {
    const server = await startServer()
    const ends = await stopAtRandom(server, Number(process.env["ROUNDS"] ?? 1000), seeded("RACE-03"))
    console.info("RACE-03:", ends)
    assert.deepStrictEqual(Object.keys(ends).sort(), ["cancelled", "completed"])
    await discard(server)
  }, 3_600_000)
})
