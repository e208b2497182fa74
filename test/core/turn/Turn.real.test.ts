import { assert, describe, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import {
  discard,
  named,
  ofKind,
  openReader,
  realClaude,
  type Server,
  startServer
} from "../../support/server/BreakglassServer.ts"
import { type LoopbackApi, startLoopbackApi } from "../../support/claude/LoopbackApi.ts"
import { kinds, one } from "../../support/journal/log.ts"
import { gate } from "../../support/server/processes.ts"

describe("the real CLI through HTTP", () => {
  let api: LoopbackApi
  let server: Server
  beforeAll(async () => {
    api = await startLoopbackApi()
    server = await startServer({
      bin: realClaude,
      env: { ANTHROPIC_API_KEY: "test-key", ANTHROPIC_BASE_URL: api.url }
    })
  })
  afterAll(async () => {
    await discard(server)
    await api.close()
  })

  it("shows prose, tool, output, result and end, in that order", async () => {
    const events = await server.turn(await server.session(), "@@bash{echo hi; echo there}")
    assert.deepStrictEqual(kinds(events), [
      "user",
      "session",
      "text",
      "tool",
      "tool_result",
      "text",
      "result",
      "turn_end"
    ])
    const tool = one(events, "tool")
    const printed = one(events, "tool_result")
    assert.deepInclude(tool.input, { command: "echo hi; echo there" })
    assert.strictEqual(printed.tool_id, tool.tool_id)
    assert.deepStrictEqual(
      [printed.output, printed.is_error, printed.truncated, printed.output_bytes],
      ["hi\nthere", false, false, 8]
    )
    assert.isAbove(one(events, "result").cost_usd, 0)
    assert.strictEqual(one(events, "turn_end").outcome, "completed")
    assert.deepStrictEqual(
      events.map(({ id }) => id),
      [0, 1, 2, 3, 4, 5, 6, 7]
    )
  })

  it("matches the results of parallel tools to their calls, whichever ends first", async () => {
    const events = await server.turn(await server.session(), "@@parallel")
    const called = events.flatMap((event) => (event.kind === "tool" ? [event.tool_id] : []))
    const answered = events.flatMap((event) => (event.kind === "tool_result" ? [event.tool_id] : []))
    assert.strictEqual(called.length, 3)
    assert.sameMembers([...answered], [...called])
    const failed = events.filter((event) => event.kind === "tool_result" && event.is_error)
    assert.strictEqual(failed.length, 1)
  })

  it("remembers the first turn in the second", async () => {
    const session = await server.session()
    await server.turn(session, "the word is heliotrope")
    await server.turn(session, "which word?")
    const last = api.requests.filter(({ url }) => url.startsWith("/v1/messages")).at(-1)
    assert.include(JSON.stringify(last?.body), "heliotrope")
  })

  it("resumes after the last event seen, to the byte", async () => {
    const session = await server.session()
    await server.turn(session, "@@bash{echo hi}")
    const whole = await server.attach(session)
    await whole.until(named("caught-up"))
    await whole.close()
    const part = openReader(
      await server.request(`/api/session/${session}/stream`, { headers: { "last-event-id": "3" } })
    )
    await part.until(named("caught-up"))
    await part.close()
    const text = whole.text()
    assert.strictEqual(part.text(), text.slice(text.indexOf("id: 4\n")))
  })

  it("starts one turn of ten prompts at once", async () => {
    const session = await server.session()
    const { command, open } = gate(server.home)
    const prompts = Array.from({ length: 10 }, (_, at) => `prompt ${at} @@bash{${command}}`)
    const answers = await Promise.all(prompts.map((prompt) => server.prompt(session, prompt)))
    const statuses = answers.map(({ status }) => status).sort()
    assert.deepStrictEqual(statuses, [200, ...Array.from({ length: 9 }, () => 409)])
    open()
    const reader = await server.attach(session)
    await reader.until(ofKind("turn_end"))
    await reader.close()
    assert.strictEqual(reader.events().filter(({ kind }) => kind === "user").length, 1)
  })

  it("stops in the middle of the prose, and the next turn still has it", async () => {
    const session = await server.session()
    await server.prompt(session, "@@slow{600 100}")
    const reader = await server.attach(session)
    await reader.until(named("delta"))
    assert.deepStrictEqual(await (await server.post(`/api/session/${session}/cancel`)).json(), { cancelled: true })
    await reader.until(ofKind("turn_end"))
    await reader.close()
    const events = reader.events()
    assert.deepStrictEqual(kinds(events).slice(-2), ["cancelled", "turn_end"])
    assert.isFalse(events.some(({ kind }) => kind === "error"))
    assert.strictEqual(one(events, "cancelled").left, 0)
    assert.strictEqual(one(events, "turn_end").outcome, "cancelled")
    await server.turn(session, "and now?")
    assert.include(JSON.stringify(api.requests.at(-1)?.body), "@@slow{600 100}")
  })

  it("stops a command that runs, leaves nothing of it, and says how much it ended", async () => {
    const session = await server.session()
    await server.prompt(session, "@@bash{sleep 300}")
    const reader = await server.attach(session)
    await reader.until(ofKind("tool"))
    await reader.until(named("progress"))
    await server.post(`/api/session/${session}/cancel`)
    await reader.until(ofKind("turn_end"))
    await reader.close()
    const stopped = one(reader.events(), "cancelled")
    assert.isAtLeast(stopped.ended, 1)
    assert.strictEqual(stopped.left, 0)
    assert.strictEqual(stopped.how, "interrupt")
  })

  it("ends a turn the API refuses with what the API said, and the next one works", async () => {
    const session = await server.session()
    const refused = await server.turn(session, "@@status{400}")
    assert.isTrue(one(refused, "result").is_error)
    assert.include(one(refused, "error").error, "400")
    assert.deepStrictEqual(kinds(refused).slice(-2), ["error", "turn_end"])
    assert.strictEqual(one(refused, "turn_end").outcome, "failed")
    assert.strictEqual((await server.turn(session, "again")).at(-1)?.kind, "turn_end")
  })

  it("says that the API is being tried again while it is", async () => {
    const events = await server.turn(await server.session(), "@@status{529 2}")
    const notices = events.flatMap((event) => (event.kind === "notice" ? [event.text] : []))
    assert.match(notices[0] ?? "", /answered 529 \(try 1 of 3\)/)
    assert.strictEqual(one(events, "turn_end").outcome, "completed")
  })

  it("can be stopped while the API never answers", async () => {
    const session = await server.session()
    await server.prompt(session, "@@hang")
    const reader = await server.attach(session)
    await reader.until(ofKind("session"))
    await server.post(`/api/session/${session}/cancel`)
    await reader.until(ofKind("turn_end"))
    await reader.close()
    assert.strictEqual(one(reader.events(), "turn_end").outcome, "cancelled")
  })

  for (const prompt of [
    "--help",
    "- x",
    "/clear",
    "@/etc/hostname",
    "né — 日本 \u{1F9EF} a\u2028b",
    "  two\n\n lines \t"
  ]) {
    it(`brings ${JSON.stringify(prompt)} to the model byte for byte`, async () => {
      await server.turn(await server.session(), prompt)
      assert.strictEqual(promptIn(api), `\n${prompt}`)
    })
  }

  it("brings 64 KiB to the model byte for byte, and refuses one byte more with no event", async () => {
    const session = await server.session()
    const whole = "x".repeat(64 * 1024)
    await server.turn(session, whole)
    assert.strictEqual(promptIn(api), `\n${whole}`)
    const before = (await (await server.request(`/api/session/${session}`)).json()) as { last_event_id: number }
    assert.strictEqual((await server.prompt(session, `${whole}x`)).status, 413)
    const after = (await (await server.request(`/api/session/${session}`)).json()) as { last_event_id: number }
    assert.strictEqual(after.last_event_id, before.last_event_id)
  })
})

/** The text of the newest prompt, as the Messages API was given it. */
const promptIn = (api: LoopbackApi): string | undefined =>
  api.requests.findLast(({ url }) => url.startsWith("/v1/messages"))?.prompt
