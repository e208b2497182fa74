import { assert, describe, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import {
  discard,
  eventOf,
  named,
  ofKind,
  type Server,
  startServer,
  token
} from "../../support/server/BreakglassServer.ts"
import { all } from "../../support/session/events.ts"
import { ids, upTo } from "../../support/journal/journals.ts"
import { raw } from "../../support/http/raw.ts"
import { parse } from "../../support/http/specSse.ts"

/** Whether an answer began with a reset, and the ids in it. */
type Told = readonly [boolean, ReadonlyArray<number>]

describe("the stream", () => {
  let server: Server
  let session: string
  let last: number
  beforeAll(async () => {
    server = await startServer({ env: { BREAKGLASS_SSE_KEEPALIVE_SECONDS: "1" } })
    session = await server.session()
    last = (await server.turn(session, "#say one\n#say two")).at(-1)?.id ?? 0
  })
  afterAll(() => discard(server))

  const poll = (query: string, headers: ReadonlyArray<string> = []) =>
    raw(server.url, {
      line: `GET /api/session/${session}/stream?poll=1${query}`,
      headers: [`Authorization: Bearer ${token}`, ...headers]
    })

  const told = async (query: string, headers: ReadonlyArray<string> = []): Promise<Told> => {
    const { status, body } = await poll(query, headers)
    assert.strictEqual(status, 200)
    assert.strictEqual(body.split("event: caught-up").length, 2)
    assert.isAbove(body.indexOf("event: caught-up"), body.lastIndexOf("id: "))
    const reset = body.indexOf("event: reset")
    if (reset >= 0) assert.isBelow(reset, body.indexOf("id: "))
    return [reset >= 0, [...body.matchAll(/^id: (\d+)\r?$/gm)].map(([, id]) => Number(id))]
  }

  const everything = (): Told => [false, upTo(last + 1)]
  const after = (id: number) => (): Told => [false, upTo(last - id).map((at) => id + 1 + at)]
  const anew = (): Told => [true, upTo(last + 1)]

  const places: ReadonlyArray<readonly [what: string, value: () => string, expected: () => Told]> = [
    ["0", () => "0", after(0)],
    ["one in the middle", () => "2", after(2)],
    ["the last", () => `${last}`, () => [false, []]],
    ["one past the last", () => `${last + 1}`, anew],
    ["2^53", () => "9007199254740992", anew],
    ["twenty digits", () => "99999999999999999999", anew],
    ["5,000 digits", () => "7".repeat(5000), anew],
    ["-1", () => "-1", everything],
    ["-0", () => "-0", everything],
    ["1.5", () => "1.5", everything],
    ["1e3", () => "1e3", everything],
    ["0x1", () => "0x1", everything],
    ["1_0", () => "1_0", everything],
    ["01", () => "01", everything],
    ["+1", () => "%2B1", everything],
    ["NaN", () => "NaN", everything],
    ["null", () => "null", everything],
    ["nothing", () => "", everything],
    ["a word", () => "last", everything],
    ["latin-1", () => "\u00b2", everything],
    ["Arabic digits", () => "%D9%A2", everything],
    ["of another kind of log", () => "e7-2", everything],
    ["two in one", () => "1,2", everything]
  ]
  for (const [what, value, expected] of places) {
    it(`SSE-01 Last-Event-ID ${what}: what was missed, or all of it, and never nothing`, async () => {
      assert.deepStrictEqual(await told("", [`Last-Event-ID: ${value()}`]), expected())
      assert.deepStrictEqual(await told(`&after=${encodeURI(value())}`), expected())
    })
  }

  it("SSE-01 no place, a padded one, one given twice, and one in both ways", async () => {
    assert.deepStrictEqual(await told(""), everything())
    assert.deepStrictEqual(await told("", ["Last-Event-ID:   2  "]), after(2)())
    assert.deepStrictEqual(await told("&after=%202%20"), everything())
    assert.deepStrictEqual(await told("", ["Last-Event-ID: 1", "Last-Event-ID: 2"]), everything())
    assert.deepStrictEqual(await told("&after=1", ["Last-Event-ID: 2"]), after(2)())
    assert.strictEqual((await poll("&after=1&after=2")).status, 400)
  })

  it("SSE-05 has the headers that no proxy holds back, and says something at once", async () => {
    const began = performance.now()
    const answer = await server.request(`/api/session/${session}/stream`)
    assert.strictEqual(answer.headers.get("content-type"), "text/event-stream")
    assert.strictEqual(answer.headers.get("cache-control"), "no-cache, no-transform")
    assert.strictEqual(answer.headers.get("x-accel-buffering"), "no")
    const reader = answer.body?.getReader()
    const first = await reader?.read()
    assert.isAbove(first?.value?.length ?? 0, 0)
    // On two busy cores; on an idle machine it is a few milliseconds.
    assert.isBelow(performance.now() - began, 1000)
    await reader?.cancel()
  })

  it("SSE-05 says something at once of a log that is empty, and then keeps it alive", async () => {
    const reader = await server.attach(await server.session())
    await reader.until(named("caught-up"))
    const beats = () => reader.text().split(": keepalive\n\n").length - 1
    await server.turn(session, "#wait 2500")
    assert.isAtLeast(beats(), 2)
    assert.strictEqual(reader.text().replaceAll(": keepalive\n\n", ""), "event: caught-up\ndata: {}\n\n")
    await reader.close()
  })

  const texts: ReadonlyArray<string> = [
    "a\nb",
    "a\rb",
    "a\r\nb",
    "a\n\nb",
    "a\n\nevent: x\ndata: y\n\n",
    "\n\nid: 9\ndata: z\n\n",
    "data: a\n:comment\nretry: 1\n",
    "\u2028\u2029\u0085\u000b\u000c",
    "\uFEFFa",
    "\u0001\u001b[31m\u007f\u009f",
    " leading and trailing ",
    "\ud83e\uddef e\u0301 \u202e",
    ":",
    "\\u0000 \\n \\"
  ]

  it("SSE-02 carries any text as one event, equal after both parsers", async () => {
    const own = await server.session()
    for (const text of texts) {
      await server.turn(own, `${text}#`)
    }
    await server.turn(own, "#recall\n#bash printf 'a\\0b\\rc'")
    const reader = await server.attach(own)
    await reader.until(named("caught-up"))
    await reader.close()
    const bytes = Buffer.from(reader.text())
    const frames = parse(bytes)
    assert.deepStrictEqual(
      frames.map(({ type, data, lastEventId }) => ({ event: type, data, id: lastEventId })),
      [...reader.frames]
    )
    assert.deepStrictEqual(ids(frames), [...upTo(ids(frames).length)])
    const prompts = all(reader.events(), "user").map(({ text }) => text)
    assert.deepStrictEqual(
      prompts.slice(0, -1),
      texts.map((text) => `${text}#`)
    )
    assert.strictEqual(all(reader.events(), "tool_result")[0]?.output, "a\0b\rc")
    const recalled = all(reader.events(), "text").map(({ text }) => text)
    for (const text of texts)
      assert.isTrue(
        recalled.some((said) => said.includes(`${text}#`)),
        JSON.stringify(text)
      )
    // Byte by byte as well: no boundary of a packet is a boundary of anything.
    assert.deepStrictEqual(parse(...[...bytes].map((byte) => Uint8Array.of(byte))), frames)
  })

  it("gives who attaches in the middle of a block what was written so far as its first delta, and stores none", async () => {
    const own = await server.session()
    await server.prompt(own, "#slow 400 40")
    const early = await server.attach(own)
    const first = await early.until(({ event, data }) => event === "delta" && data.includes("w9"))
    assert.isFalse("id" in JSON.parse(first.data))
    const late = await server.attach(own)
    await late.until(named("delta"))
    const [delta] = late.frames.filter(named("delta"))
    assert.match((JSON.parse(delta?.data ?? "{}") as { text: string }).text, /^w0 w1 w2 w3 w4 w5 w6 w7 w8/)
    assert.isAbove(late.frames.findIndex(named("delta")), late.frames.findIndex(named("caught-up")))
    assert.deepStrictEqual(await (await server.post(`/api/session/${own}/cancel`)).json(), { cancelled: true })
    const whole = await early.until(ofKind("text"))
    const said = (reader: typeof early) =>
      reader.frames
        .filter(named("delta"))
        .map(({ data }) => (JSON.parse(data) as { text: string }).text)
        .join("")
    await late.until(ofKind("turn_end"))
    const text = eventOf(whole)
    for (const reader of [early, late]) assert.isTrue(text?.kind === "text" && text.text.startsWith(said(reader)))
    await Promise.all([early.close(), late.close()])
    const after = await server.attach(own)
    await after.until(named("caught-up"))
    await after.close()
    assert.notInclude(after.text(), "event: delta")
    assert.notInclude(after.text(), "event: progress")
  })
})
