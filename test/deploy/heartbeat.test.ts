/** What a command of the agent can do to the server it cannot read: stop it, or take its limits away. Neither lasts. */
import { assert, describe, it } from "@effect/vitest"
import { readlinkSync } from "node:fs"
import { startAsUnit } from "../support/server/asUnit.ts"
import { discard } from "../support/server/BreakglassServer.ts"
import { one } from "../support/session/events.ts"
import { tried } from "../support/power/keyed.ts"
import { startLoopbackApi } from "../support/claude/LoopbackApi.ts"

describe("CLI-16 the server that with-keys watches", { timeout: 120_000 }, () => {
  it("is ended when it was stopped, for the unit to start it again", async () => {
    const { server, pid } = await startAsUnit({ BREAKGLASS_HEARTBEAT_SECONDS: "15" })
    assert.strictEqual(tried("kill", "-STOP", `${pid}`).status, 0)
    assert.strictEqual(await server.exited, 137)
    assert.include(server.stderr(), "with-keys: the server gave no sign of life and is ended")
    await discard(server)
  })

  it("ends when its limits were taken away: it could accept no connection", async () => {
    const { server, pid } = await startAsUnit({})
    assert.strictEqual(tried("prlimit", `--pid=${pid}`, "--nofile=0:0").status, 0)
    assert.notStrictEqual(await server.exited, 137)
    assert.include(server.stdout(), "Another process changed this server's limits")
    await discard(server)
  })

  it("gives its signs where no command of the agent can", async () => {
    const api = await startLoopbackApi()
    const { server, pid } = await startAsUnit({ ANTHROPIC_API_KEY: "test-key", ANTHROPIC_BASE_URL: api.url })
    const pipe = readlinkSync(`/proc/${pid}/fd/3`)
    assert.match(pipe, /heartbeat \(deleted\)$/)
    const said = one(
      await server.turn(await server.session(), "@@bash{ls -l /proc/self/fd; echo listed}"),
      "tool_result"
    )
    assert.include(said.output, "listed")
    assert.notInclude(said.output, "heartbeat")
    assert.include(tried("sh", "-c", `echo . >/proc/${pid}/fd/3`).stderr, "Permission denied")
    await server.stop()
    await api.close()
    await discard(server)
  })
})
