/** The main job, on the oldest and on the newest CLI that is supported: a prompt, a tool, its result; Stop; another turn. */
import { assert, describe, it } from "@effect/vitest"
import { existsSync } from "node:fs"
import { afterAll, beforeAll } from "vitest"
import type { Check, SessionRow } from "../../../src/contract/breakglass/Api.ts"
import { discard, ofKind, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { realClis } from "../../support/claude/claudeBench.ts"
import { all, kinds, notices, one, outcome, said, toEnd, why } from "../../support/session/events.ts"
import { type LoopbackApi, ring, startLoopbackApi } from "../../support/claude/LoopbackApi.ts"
import { discardIdle } from "../../support/server/processes.ts"

for (const [end, { version, file }] of Object.entries(realClis)) {
  describe(`CLI-20: on the ${end} CLI, ${version}`, { timeout: 60_000 }, () => {
    let api: LoopbackApi
    let server: Server
    const begin = (more: Readonly<Record<string, string>> = {}, home?: string) =>
      startServer({
        ...(home === undefined ? {} : { home }),
        env: { BREAKGLASS_CLAUDE: file, ANTHROPIC_API_KEY: "test-key", ANTHROPIC_BASE_URL: api.url, ...more }
      })
    beforeAll(async () => {
      assert.isTrue(existsSync(file), `${file} is not here; sh test/need installs it`)
      api = await startLoopbackApi()
      // Shorter than the summaries below take, and than anything else.
      server = await begin({ BREAKGLASS_SILENCE_TIMEOUT_SECONDS: "15" })
    })
    afterAll(async () => {
      await discardIdle(server)
      await api.close()
    })
    /** The last request that was answered for this conversation. */
    const asked = (word: string) => api.requests.findLast(({ body }) => JSON.stringify(body.messages).includes(word))

    it("a prompt leads to prose, a tool, its output, a result and an end, and the next turn knows of it", async () => {
      const session = await server.session()
      const events = await server.turn(session, "heliotrope @@bash{echo hi}")
      assert.deepStrictEqual(kinds(events).join(" "), "user session text tool tool_result text result turn_end")
      assert.deepInclude(one(events, "tool_result"), { output: "hi", is_error: false })
      assert.isAbove(one(events, "result").cost_usd, 0)
      assert.strictEqual(outcome(await server.turn(session, "violet")), "completed")
      assert.include(JSON.stringify(asked("violet")?.body.messages), "heliotrope")
      assert.deepStrictEqual(
        asked("violet")
          ?.body.tools?.map(({ name }) => name)
          .sort(),
        ["Bash", "Read"]
      )
    })

    it("Stop ends a command that runs, and the next turn knows that it was stopped", async () => {
      const session = await server.session()
      await server.prompt(session, `indigo @@bash{${ring(api.url, `stop-${end}`)}; sleep 300}`)
      const reader = await server.attach(session)
      await api.waitFor(({ url }) => url === `/bell/stop-${end}`)
      await server.post(`/api/session/${session}/cancel`)
      const events = await toEnd(reader)
      assert.strictEqual(outcome(events), "cancelled")
      assert.deepInclude(one(events, "cancelled"), { left: 0, how: "interrupt" })
      assert.strictEqual(outcome(await server.turn(session, "cobalt")), "completed")
      assert.match(JSON.stringify(asked("cobalt")?.body.messages), /indigo.*(interrupted|doesn't want to proceed)/s)
    })

    it("a refusal of the API, and one of the model, end the turn with what was said, and the next one works", async () => {
      const session = await server.session()
      assert.include(why(await server.turn(session, "@@status{400}")), "400")
      assert.strictEqual(outcome(await server.turn(session, "@@stop{refusal}")), "failed")
      assert.strictEqual(outcome(await server.turn(session, "again")), "completed")
    })

    it("a resumed conversation is told the address that is set now, not the one of its first turn", async () => {
      const told = () => JSON.stringify(api.requests.findLast(({ body }) => body.system !== undefined)?.body.system)
      const first = await begin({ BREAKGLASS_DEVVM_HOST: "192.0.2.11" })
      const session = await first.session()
      await first.turn(session, "one")
      assert.include(told(), "@192.0.2.11")
      await first.stop()
      const second = await begin({ BREAKGLASS_DEVVM_HOST: "192.0.2.22" }, first.home)
      try {
        const events = await second.turn(session, "two")
        assert.notInclude(notices(events), "context_lost")
        assert.include(told(), "@192.0.2.22")
        assert.notInclude(told(), "192.0.2.11")
      } finally {
        await discard(second)
      }
    })

    /** A conversation that the next prompt finds too long. */
    const full = async (more: string) => {
      const session = await server.session()
      for (const prompt of ["one", "@@bash{seq 1 100}", "two", `@@usage{990000} ${more}`])
        await server.turn(session, prompt)
      return session
    }

    it("a summary that takes longer than the silence limit is waited for, and the log says so", async () => {
      const session = await full("@@summary{18000}")
      const events = await server.turn(session, "@@text{after it}")
      assert.deepStrictEqual(notices(events), ["compacting", "compacted"])
      assert.deepStrictEqual([said(events).at(-1), outcome(events)], ["after it", "completed"])
      assert.strictEqual(outcome(await server.turn(session, "next")), "completed")
    })

    it("Stop ends a turn that waits for its summary, and says nothing of a prompt that is too long", async () => {
      const session = await full("@@summary{300000}")
      const { last_event_id } = (await (await server.request(`/api/session/${session}`)).json()) as SessionRow
      await server.prompt(session, "three")
      const reader = await server.attach(session, Number(last_event_id))
      await reader.until(ofKind("notice"))
      await server.post(`/api/session/${session}/cancel`)
      const events = await toEnd(reader)
      assert.strictEqual(outcome(events), "cancelled")
      assert.notInclude(JSON.stringify(events), 'too long"')
      assert.deepStrictEqual(all(events, "error"), [])
      assert.deepStrictEqual(notices(events), ["compacting"])
    })

    it("a conversation that the model refuses as too long ends with what that means and what to do", async () => {
      const events = await server.turn(await server.session(), "@@toolong")
      assert.match(why(events), /^The model refused this conversation as too long.* Start a new session/)
    })

    it("the doctor finds it well, and names its version", async () => {
      const { checks } = (await (await server.request("/api/doctor")).json()) as { checks: ReadonlyArray<Check> }
      const agent = checks.find(({ name }) => name === "agent")
      assert.deepStrictEqual([agent?.ok, agent?.detail], [true, `${version} (Claude Code)`])
    })
  })
}
