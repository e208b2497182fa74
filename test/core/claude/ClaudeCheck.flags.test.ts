/** CLI-20: a CLI that is not one we can drive: the chat is off and says why, the buttons work. */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, afterEach, beforeEach } from "vitest"
import type { Check, Info } from "../../../src/contract/breakglass/Api.ts"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { outcome, why } from "../../support/session/events.ts"
import { alive, eventually, fakeClaude, programs } from "../../support/server/processes.ts"

const { bin, env } = programs({ ssh: "echo status: running" })
const claude = join(bin, "claude")
const put = (script: string) => writeFileSync(claude, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
const older =
  `if [ "$1" = --help ]; then ${fakeClaude} | sed 's/--agents /--crew /'; else ${fakeClaude}; fi`.replaceAll(
    "exec ",
    ""
  )
const begun: Array<Server> = []
const begin = async () => {
  const server = await startServer({ env })
  begun.push(server)
  return server
}
beforeEach(() => rmSync(claude, { force: true }))
afterEach(async () => {
  for (const server of begun.splice(0)) await discard(server)
})
afterAll(() => rmSync(bin, { recursive: true }))

const info = async (server: Server) => (await (await server.request("/api/info")).json()) as Info
const agent = async (server: Server) => {
  const { checks } = (await (await server.request("/api/doctor")).json()) as { checks: ReadonlyArray<Check> }
  return checks.find(({ name }) => name === "agent")
}
const problem = async (answer: Response) => (await answer.json()) as Record<string, unknown>

describe("CLI-20 the chat", { timeout: 30_000 }, () => {
  it("is refused with the reason when the CLI does not know a flag of ours, and works once it was mended", async () => {
    put(older)
    const server = await begin()
    const reason = /"claude --help" does not list --agents: /
    const session = await server.session()
    const refused = await server.prompt(session, "#say one")
    assert.strictEqual(refused.status, 503)
    const { type, detail } = await problem(refused)
    assert.strictEqual(type, "urn:breakglass:agent-unavailable")
    assert.match(String(detail), reason)
    assert.match(String(detail), /Nothing was started\.$/)
    const row = await problem(await server.request(`/api/session/${session}`))
    assert.deepStrictEqual([row["last_event_id"], row["turn_active"]], [null, false])

    assert.match(String((await info(server)).chat_off), reason)
    const check = await agent(server)
    assert.isFalse(check?.ok)
    assert.match(check?.detail ?? "", reason)
    assert.deepStrictEqual(await problem(await server.request("/ready")), { ready: true })
    assert.strictEqual((await server.post("/api/pve/status")).status, 200)

    put(fakeClaude)
    assert.strictEqual(outcome(await server.turn(session, "#say one")), "completed")
    assert.isNull((await info(server)).chat_off)
    assert.isTrue((await agent(server))?.ok)
  })

  it("is not known of while --help hangs; the start and the buttons do not wait for it", async () => {
    const note = join(bin, "pid")
    put(`[ "$1" != --help ] || { echo $$ >${note}.new && mv ${note}.new ${note}; exec sleep 600; }\n${fakeClaude}`)
    const server = await begin()
    await eventually(() => existsSync(note))
    const pid = Number(readFileSync(note, "utf8"))
    assert.isTrue(alive(pid))
    assert.deepStrictEqual(await problem(await fetch(`${server.url}/ready`)), { ready: true })
    assert.strictEqual((await server.post("/api/pve/status")).status, 200)
    assert.isNull((await info(server)).chat_off)
    assert.strictEqual(await server.stop(), 0)
    assert.isFalse(alive(pid))
  })

  it("is not refused for a CLI that is missing or a wrapper: the turn is tried, and says what is wrong", async () => {
    const server = await begin()
    await agent(server)
    assert.match(String((await info(server)).chat_off), /No program "claude" was found/)
    const events = await server.turn(await server.session(), "#say one")
    assert.strictEqual(outcome(events), "failed")
    assert.match(why(events), /no program "claude" was found/)
    put("echo usage: none")
    assert.strictEqual(outcome(await server.turn(await server.session(), "#say one")), "failed")
    assert.isNull((await info(server)).chat_off)
  })

  it("answers a prompt that it took before as it did then, though the CLI was replaced", async () => {
    put(fakeClaude)
    const server = await begin()
    const session = await server.session()
    assert.strictEqual((await server.prompt(session, "#say one", { prompt_id: "p-1" })).status, 200)
    put(older)
    assert.isFalse((await agent(server))?.ok)
    assert.strictEqual((await server.prompt(session, "#say one", { prompt_id: "p-1" })).status, 200)
    const next = await server.prompt(await server.session(), "#say one", { prompt_id: "p-2" })
    assert.strictEqual(next.status, 503)
  })
})
