/** `kill -9` in the middle of a turn. 200 of them: main.kill.soak.ts. */
import { assert, describe, it } from "@effect/vitest"
import { named, realClaude, startServer } from "../support/server/BreakglassServer.ts"
import { outcome, why } from "../support/session/events.ts"
import { killAtRandom } from "../support/server/kills.ts"
import { ring, startLoopbackApi } from "../support/claude/LoopbackApi.ts"
import { discardIdle, eventually, having, markerOf, transcripts } from "../support/server/processes.ts"
import { seeded } from "../support/text/seeded.ts"

describe("LIFE-01: the server, killed", () => {
  it("at 20 random moments of a turn has lost nothing, and nothing of the turn is left", async () => {
    const kills = Number(process.env["KILLS"] ?? 20)
    const lanes = [0, 1].map((lane) => killAtRandom(kills / 2, seeded("LIFE-01", lane)))
    console.info("LIFE-01:", await Promise.all(lanes))
  }, 300_000)

  it("in a command of the real CLI: its next life ends both, and the next turn has its context", async () => {
    const api = await startLoopbackApi()
    const env = { ANTHROPIC_API_KEY: "test-key", ANTHROPIC_BASE_URL: api.url }
    const server = await startServer({ bin: realClaude, env })
    const session = await server.session()
    const bell = crypto.randomUUID()
    await server.prompt(session, `@@bash{${ring(api.url, bell)}; (setsid sleep 999 &); sleep 999}`)
    await api.waitFor(({ url }) => url === `/bell/${bell}`)
    const { marker } = await markerOf(session)
    // What the CLI has not written down it does not remember, and the next life ends it.
    await eventually(() => transcripts(server.home).includes(bell))
    await server.stop("SIGKILL")
    const next = await startServer({ bin: realClaude, env, home: server.home })
    assert.deepStrictEqual(having(marker), [])
    const reader = await next.attach(session)
    await reader.until(named("caught-up"))
    await reader.close()
    assert.strictEqual(outcome(reader.events()), "interrupted")
    assert.match(why(reader.events()), /^the server restarted while this turn ran\. \d+ processes of it/)
    assert.strictEqual(outcome(await next.turn(session, "and now?")), "completed")
    const told = JSON.stringify(api.requests.findLast(({ url }) => url.startsWith("/v1/messages"))?.body)
    assert.include(told, bell)
    assert.include(told, "the turn before this one was killed")
    await discardIdle(next)
    await api.close()
  })
})
