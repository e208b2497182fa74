import { assert, describe, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import {
  discard,
  type Entry,
  eventOf,
  named,
  ofKind,
  openReader,
  realClaude,
  type Server,
  startServer
} from "../support/BreakglassServer.ts"
import { type LoopbackApi, startLoopbackApi } from "../support/LoopbackApi.ts"

const kinds = (events: ReadonlyArray<Entry>) => events.map(({ kind }) => kind)
const one = <K extends Entry["kind"]>(events: ReadonlyArray<Entry>, kind: K) => {
  const found = events.filter((event): event is Extract<Entry, { kind: K }> => event.kind === kind)
  assert.strictEqual(found.length, 1, `exactly one ${kind} in ${kinds(events).join(" ")}`)
  return found[0] as Extract<Entry, { kind: K }>
}

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
    const answers = await Promise.all(Array.from({ length: 10 }, (_, at) => server.prompt(session, `prompt ${at}`)))
    const statuses = answers.map(({ status }) => status).sort()
    assert.deepStrictEqual(statuses, [200, ...Array.from({ length: 9 }, () => 409)])
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
    assert.match(notices[0] ?? "", /answered 529; trying again, attempt 1 of 3/)
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
const promptIn = (api: LoopbackApi): string | undefined => {
  const body = api.requests.filter(({ url }) => url.startsWith("/v1/messages")).at(-1)?.body as
    | { messages: ReadonlyArray<{ content: ReadonlyArray<{ text?: string }> }> }
    | undefined
  return body?.messages.at(-1)?.content.at(-1)?.text
}

describe("bad input", () => {
  let server: Server
  let session: string
  beforeAll(async () => {
    server = await startServer()
    session = await server.session()
  })
  afterAll(() => discard(server))

  const cases = [
    ["an empty prompt", { prompt: "" }, 400],
    ["a blank prompt", { prompt: " \n\t " }, 400],
    ["a NUL", { prompt: "a\0b" }, 400],
    ["half a surrogate pair", { prompt: "a\uD800b" }, 400],
    ["an unknown model", { prompt: "x", model: "gpt" }, 400],
    ["an option as the model", { prompt: "x", model: "--settings" }, 400],
    ["no prompt", {}, 400],
    ["a number as the prompt", { prompt: 5 }, 400],
    ["no object", [], 400]
  ] as const
  for (const [what, body, status] of cases) {
    it(`answers ${status} to ${what}, as a problem, and logs nothing`, async () => {
      const answer = await server.post(`/api/session/${session}/prompt`, body)
      assert.strictEqual(answer.status, status)
      assert.strictEqual(answer.headers.get("content-type"), "application/problem+json")
      const problem = (await answer.json()) as Record<string, unknown>
      assert.hasAllKeys(problem, ["type", "title", "status", "detail"])
      assert.strictEqual(problem["status"], status)
      const row = (await (await server.request(`/api/session/${session}`)).json()) as { last_event_id: unknown }
      assert.isNull(row.last_event_id)
    })
  }

  for (const id of ["..", "null", "A".repeat(36), "%2e%2e", "00000000-0000-4000-8000-000000000000", "x".repeat(5000)]) {
    it(`answers 404 to the session ${id.slice(0, 40)}`, async () => {
      assert.strictEqual((await server.request(`/api/session/${id}`)).status, 404)
      assert.strictEqual((await server.prompt(id, "x")).status, 404)
    })
  }

  it("answers 400 to a verb it does not know, and starts nothing", async () => {
    for (const verb of ["STATUS", "status%20", "status;id", "__proto__", "constructor", "%73tatus%00", "destroy"]) {
      assert.strictEqual((await server.post(`/api/pve/${verb}`)).status, 400, verb)
    }
  })

  it("answers the same prompt_id as before, and starts no second turn", async () => {
    const own = await server.session()
    const first = await server.prompt(own, "#say once", { prompt_id: "p-1" })
    const again = await server.prompt(own, "#say once", { prompt_id: "p-1" })
    assert.deepStrictEqual([first.status, again.status], [200, 200])
    const reader = await server.attach(own)
    await reader.until(ofKind("turn_end"))
    assert.strictEqual((await server.prompt(own, "#say once", { prompt_id: "p-1" })).status, 200)
    await server.turn(own, "#say twice")
    await reader.close()
    const all = await server.attach(own)
    await all.until(named("caught-up"))
    await all.close()
    assert.strictEqual(all.events().filter(({ kind }) => kind === "user").length, 2)
  })
})

describe("a CLI that cannot work", () => {
  const cases = [
    ["is missing", { env: { PATH: "/usr/bin:/bin" } }, "x", /was found|not found/],
    ["exits at once", {}, "#fault exit-before-init", /./],
    ["speaks rubbish and ends", {}, "#fault rubbish", null]
  ] as const
  for (const [what, options, prompt, error] of cases) {
    it(`${what}: the log says so and the turn ends`, async () => {
      const server = await startServer(options)
      const events = await server.turn(await server.session(), prompt)
      assert.strictEqual(events[0]?.kind, "user")
      assert.strictEqual(events.at(-1)?.kind, "turn_end")
      if (error !== null) assert.match(one(events, "error").error, error)
      await discard(server)
    })
  }

  it("exits at once, and the next prompt works", async () => {
    const server = await startServer()
    const session = await server.session()
    await server.turn(session, "#fault exit-before-init")
    const events = await server.turn(session, "hello")
    assert.strictEqual(one(events, "turn_end").outcome, "completed")
    await discard(server)
  })
})

describe("going down", () => {
  it("tells its readers, ends their streams and exits 0", async () => {
    const server = await startServer()
    const reader = await server.attach(await server.session())
    await reader.until(named("caught-up"))
    assert.strictEqual(await server.stop(), 0)
    await reader.ended
    assert.isTrue(reader.text().endsWith("retry: 1000\nevent: bye\ndata: {}\n\n"))
    await discard(server)
  })

  it("ends a running turn as interrupted, in the log, with nothing left of it", async () => {
    const server = await startServer()
    const session = await server.session()
    await server.prompt(session, "#bash sleep 300")
    const reader = await server.attach(session)
    await reader.until(ofKind("tool"))
    assert.strictEqual(await server.stop(), 0)
    const second = await startServer({ home: server.home })
    const log = await second.attach(session)
    await log.until(named("caught-up"))
    await log.close()
    assert.deepStrictEqual(kinds(log.events()).slice(-2), ["error", "turn_end"])
    assert.strictEqual(one(log.events(), "turn_end").outcome, "interrupted")
    await discard(second)
  })
})

describe("starting", () => {
  it("refuses a bad value with one line that names it", async () => {
    const failed = await startServer({ env: { PORT: "eighty" } }).then(
      () => "started",
      (error: unknown) => String(error)
    )
    assert.match(
      failed,
      /\(1\): breakglass did not start: PORT is "eighty"; it takes a whole number from 0 to 65535\.\n$/
    )
  })

  it("refuses a directory that another server holds, and leaves that one alone", async () => {
    const server = await startServer()
    const failed = await startServer({ home: server.home }).then(
      () => "started",
      (error: unknown) => String(error)
    )
    assert.match(failed, /\(1\): breakglass did not start: another breakglass server is using this directory/)
    assert.strictEqual((await server.turn(await server.session(), "hello")).at(-1)?.kind, "turn_end")
    await discard(server)
  })
})

describe("health", () => {
  it("answers without identity, exactly", async () => {
    const server = await startServer()
    const health = await fetch(`${server.url}/health`)
    assert.strictEqual(await health.text(), '{"status":"ok","service":"claude-breakglass"}')
    assert.deepStrictEqual(await (await fetch(`${server.url}/ready`)).json(), { ready: true })
    assert.strictEqual((await fetch(`${server.url}/api/session`)).status, 401)
    await discard(server)
  })

  it("shows the events as they were seen", async () => {
    const server = await startServer()
    const events = await server.turn(await server.session(), "#say hello")
    assert.deepStrictEqual(
      events.map(({ id }) => id),
      events.map((_, at) => at)
    )
    assert.isTrue(events.every(({ at }) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(at)))
    assert.isUndefined(eventOf({ event: "delta", data: "{}", id: "" }))
    await discard(server)
  })
})
