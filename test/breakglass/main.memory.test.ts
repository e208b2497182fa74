/** Little memory: for the server, and for what it starts. */
import { assert, describe, it } from "@effect/vitest"
import { join } from "node:path"
import { discard, root, startServer } from "../support/server/BreakglassServer.ts"
import { all, outcome, why } from "../support/session/events.ts"
import { programs } from "../support/server/processes.ts"

describe("little memory", () => {
  it("RES-04 a CLI that eats all it may have is reported, much goes through a server with little, and verbs work", async () => {
    const claude = `exec node --max-old-space-size=48 ${join(root, "test/fakes/claude-cli/main.mjs")} "$@"`
    const { env } = programs({ claude, ssh: "echo status: running" })
    const server = await startServer({ env: { ...env, NODE_OPTIONS: "--max-old-space-size=64" } })
    const session = await server.session()
    const greedy = await server.turn(session, "#say before\n#fault line 200000000")
    assert.strictEqual(outcome(greedy), "failed")
    assert.match(why(greedy), /^The agent was killed \(SIGABRT\)\. .*/)
    assert.strictEqual((await server.post("/api/pve/status")).status, 200)
    const much = await server.turn(session, "#fault burst 2500 4000")
    assert.strictEqual(outcome(much), "completed")
    assert.strictEqual(all(much, "text").length, 2501)
    assert.strictEqual((await server.post("/api/pve/status")).status, 200)
    assert.isNull(server.process.exitCode)
    await discard(server)
  })
})
