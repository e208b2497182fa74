/** The server as the unit and the image begin it: root that becomes another user, whose commands cannot look into it. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { afterAll, beforeAll } from "vitest"
import { startAsUnit } from "../support/server/asUnit.ts"
import { discard, type Server } from "../support/server/BreakglassServer.ts"
import { one, outcome, toEnd } from "../support/session/events.ts"
import { nobody, tried } from "../support/power/keyed.ts"
import { type LoopbackApi, ring, startLoopbackApi } from "../support/claude/LoopbackApi.ts"
import { having, markerOf } from "../support/server/processes.ts"

const edgeSecret = "an-edge-secret-that-is-long-enough-too"
let api: LoopbackApi
let server: Server
let pid: number
beforeAll(async () => {
  api = await startLoopbackApi()
  const keys = { ANTHROPIC_API_KEY: "test-key", ANTHROPIC_BASE_URL: api.url, BREAKGLASS_EDGE_SECRET: edgeSecret }
  ;({ server, pid } = await startAsUnit(keys))
})
afterAll(async () => {
  await api.close()
  await server.stop()
  await discard(server)
})

describe("the server that was begun as root", () => {
  it("is the other user, with no group and no capability of root's", () => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8")
    const all = Array(4).fill(nobody).join("\\t")
    for (const line of [`Uid:\\t${all}`, `Gid:\\t${all}`, "Groups:\\t ?", "CapPrm:\\t0+", "NoNewPrivs:\\t1"]) {
      assert.match(status, new RegExp(`^${line}$`, "m"))
    }
  })

  it("CLI-16 a command with its user reads neither its environment, its memory nor its files", () => {
    for (const what of ["environ", "mem", "maps", "fd", "cwd/", `task/${pid}/environ`]) {
      assert.include(tried("cat", `/proc/${pid}/${what}`).stderr, "Permission denied")
    }
  })

  it("CLI-16 nor does the agent, where the processes of others are hidden", async () => {
    const command = `id -u; cat /proc/${pid}/environ; grep -ao '[A-Z_]*=' /proc/[0-9]*/environ`
    const output = one(await server.turn(await server.session(), `@@bash{${command}}`), "tool_result").output
    assert.include(output, `${nobody}\n`)
    assert.include(output, `/proc/${pid}/environ: No such file`)
    assert.include(output, "BREAKGLASS_TURN=")
    assert.notInclude(output, "API_BEARER_TOKEN")
    assert.notInclude(output, "BREAKGLASS_EDGE_SECRET")
  })

  it("CLI-16 no signal opens its debugger", async () => {
    assert.strictEqual(tried("kill", "-USR1", `${pid}`).status, 0)
    assert.strictEqual(outcome(await server.turn(await server.session(), "hello")), "completed")
    assert.notInclude(server.stderr(), "Debugger")
  })

  it("Stop finds and ends what a command left in a session of its own", async () => {
    const session = await server.session()
    const bell = crypto.randomUUID()
    await server.prompt(session, `@@bash{(setsid sleep 999 &); ${ring(api.url, bell)}; sleep 999}`)
    const reader = await server.attach(session)
    await api.waitFor(({ url }) => url === `/bell/${bell}`)
    const { marker } = await markerOf(session)
    assert.isAtLeast(having(marker).length, 3)
    await server.post(`/api/session/${session}/cancel`)
    assert.deepStrictEqual(having(marker), [])
    const events = await toEnd(reader)
    assert.strictEqual(outcome(events), "cancelled")
    assert.strictEqual(one(events, "cancelled").left, 0)
  })
})
