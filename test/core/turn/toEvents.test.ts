import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { truncate } from "../../../src/core/log/truncate.ts"
import { type OpenTools, toEvents } from "../../../src/core/turn/toEvents.ts"
import { decodeLine, type Message } from "../../../src/core/claude/StreamJson.ts"
import type { Event } from "../../../src/contract/Event.ts"

const none: OpenTools = new Map()

/** The events of some messages, each heard a second after the one before. */
const fold = (messages: ReadonlyArray<Message>) => {
  let open = none
  const events = messages.flatMap((message, index) => {
    const translation = toEvents(message, open, index * 1000)
    open = translation.open
    return translation.events
  })
  return { events, open }
}

const heard = (recording: string): ReadonlyArray<Message> =>
  Fs.readFileSync(Path.resolve(import.meta.dirname, `../../fixtures/claude/${recording}.ndjson`), "utf8")
    .split("\n")
    .flatMap((line) => Option.toArray(decodeLine(line)))

/** On one line, the tools named in the order of their calls, and what a recording never repeats left out. */
const told = (events: ReadonlyArray<Event>): ReadonlyArray<string> => {
  const tools: Array<string> = []
  return events.map((event) => {
    switch (event.kind) {
      case "session":
        return `session ${/^[0-9a-f-]{36}$/.test(event.session_id)}`
      case "text":
        return `text ${event.text}`
      case "tool":
        return `tool ${tools.push(event.tool_id) - 1} ${event.name} ${JSON.stringify(event.input)}`
      case "tool_result":
        return `tool_result ${tools.indexOf(event.tool_id)} ${event.is_error ? "error" : "ok"} ${event.output}`
      case "result":
        return `result ${event.is_error ? "error" : "ok"} ${event.result}`
      case "notice":
        return `notice ${event.code} ${event.text}`
      default:
        return event.kind
    }
  })
}

const retry = (status: number, attempt: number, of: number) =>
  `notice api_retry The AI service answered ${status} (try ${attempt} of ${of}).` +
  (attempt === 1 ? " VM controls work without it." : "")
const stopped = "Stopped before it finished; what it had printed is lost."
const mock = (command: string) => `Bash {"command":"${command}","description":"mock"}`

const recordings: Readonly<Record<string, ReadonlyArray<string>>> = {
  "a-text": ["session true", "text Hello from the mock.", "result ok Hello from the mock."],
  "turn-text": ["session true", "text Hello there.", "result ok Hello there."],
  "c-parallel": [
    "session true",
    "text Three at once.",
    `tool 0 ${mock("sleep 0.3; echo one")}`,
    `tool 1 ${mock("echo two")}`,
    `tool 2 ${mock("echo three >&2; exit 3")}`,
    "tool_result 1 ok two",
    "tool_result 0 ok one",
    "tool_result 2 error Exit code 3\nthree",
    "text Done: two | one | Exit code 3\nthree",
    "result ok Done: two | one | Exit code 3\nthree"
  ],
  "s4-interrupt-bash": [
    "session true",
    "text Running it.",
    `tool 0 ${mock("sleep 3.71e2; echo over")}`,
    `tool_result 0 error ${stopped}`,
    "session true",
    "text user: one @@bash{sleep 3.71e2; echo over}\nassistant: Running it.\n" +
      "user: [Request interrupted by user for tool use]\n\ntwo @@context",
    "result ok user: one @@bash{sleep 3.71e2; echo over}\nassistant: Running it.\n" +
      "user: [Request interrupted by user for tool use]\n\ntwo @@context"
  ],
  "turn-interrupt-text": ["session true", "text w0 w1 "],
  "k-401": [
    "session true",
    ...Array.from({ length: 10 }, (_, index) => retry(401, index + 1, 10)),
    "text Invalid API key · Fix external API key",
    "result error Invalid API key · Fix external API key"
  ],
  "turn-529-then-ok": [
    "session true",
    retry(529, 1, 1),
    "text Recovered after 1 failures.",
    "result ok Recovered after 1 failures."
  ],
  "turn-drop-stream": ["session true", "text Whole answer, not streamed.", "result ok Whole answer, not streamed."],
  "turn-empty": ["session true", "text Hello from loopback.", "result ok Hello from loopback."],
  "k2-max-budget": [
    "session true",
    `tool 0 ${mock("echo step 0")}`,
    "tool_result 0 ok step 0",
    `tool 1 ${mock("echo step 1")}`,
    "tool_result 1 ok step 1",
    `tool 2 ${mock("echo step 2")}`,
    "result error The turn reached its budget."
  ],
  "l-bash-sigkill": ["session true", "text Running it.", `tool 0 ${mock("sleep 3.327e2; echo over")}`],
  "y5-home-full": ["result error ENOSPC: no space left on device, write"],
  "g-session-id-reused": []
}

describe("a recording", () => {
  for (const [recording, events] of Object.entries(recordings)) {
    it(`${recording} is these events`, () => assert.deepStrictEqual(told(fold(heard(recording)).events), events))
  }

  it("b-bash is these events, in full", () => {
    const tool_id = "toolu_mockrqpks2cqelaoory5sdwa"
    const [call, input] = [
      { tool_id, name: "Bash" },
      { command: "echo hi", description: "mock" }
    ]
    const tokens = { cache_read_input_tokens: 100, cache_creation_input_tokens: 0 }
    assert.deepStrictEqual<ReadonlyArray<unknown>>(fold(heard("b-bash")).events, [
      { kind: "session", session_id: "2160a809-1e54-4073-9f49-232fd9ff68d6" },
      { kind: "text", text: "Running it." },
      { kind: "tool", ...call, input },
      {
        ...{ kind: "tool_result", tool_id, is_error: false, output: "hi" },
        ...{ truncated: false, output_bytes: 2, duration_ms: 1000 }
      },
      { kind: "text", text: "Done: hi" },
      {
        ...{ kind: "result", is_error: false, result: "Done: hi", duration_ms: 201, cost_usd: 0.0013800000000000002 },
        usage: { input_tokens: 200, output_tokens: 50, ...tokens }
      }
    ])
  })

  it("leaves a tool open while it runs, and none after a result", () => {
    assert.deepStrictEqual([...fold(heard("l-bash-sigkill")).open.values()], [{ name: "Bash", since: 2000 }])
    for (const recording of ["b-bash", "c-parallel", "turn-interrupt-bash", "k2-max-budget"]) {
      assert.deepStrictEqual([...fold(heard(recording)).open], [], recording)
    }
  })
})

const text = (text: string) => ({ type: "text" as const, text })
const results = (...content: Extract<Message, { type: "user" }>["message"]["content"] & object): Message => ({
  type: "user",
  message: { content }
})
const answered = (
  content?: string | ReadonlyArray<{ readonly type: "text"; readonly text: string } | { type: string }>
) => results({ type: "tool_result", tool_use_id: "t", ...(content === undefined ? {} : { content }) })
const output = (message: Message) =>
  toEvents(message, none, 0).events.map((event) => event.kind === "tool_result" && [event.output, event.output_bytes])

describe("toEvents", () => {
  it("shows of a tool's result the text, and names what is none", () => {
    assert.deepStrictEqual(output(answered()), [["", 0]])
    assert.deepStrictEqual(output(answered("é\n")), [["é\n", 3]])
    assert.deepStrictEqual(output(answered([text("a"), { type: "image" }, text("b")])), [["a\n[image]\nb", 11]])
  })

  it("takes a result of a tool that nobody called for one that took no time", () => {
    const { events, open } = toEvents(answered("x"), new Map([["other", { name: "Bash", since: 0 }]]), 5000)
    assert.deepInclude(events[0], { kind: "tool_result", tool_id: "t", is_error: false, duration_ms: 0 })
    assert.deepStrictEqual([...open.keys()], ["other"])
  })

  it("does not show the CLI's notes to the model, empty prose, and blocks that are neither", () => {
    const messages: ReadonlyArray<Message> = [
      { type: "user", message: { content: "This session is being continued" } },
      results({ type: "text" }),
      { type: "assistant", message: { content: [text(""), { type: "thinking" }] } },
      { type: "stream_event" }
    ]
    for (const message of messages) assert.deepStrictEqual(toEvents(message, none, 0), { events: [], open: none })
  })

  it("says that the model API does not answer when it does not", () => {
    const silent = { attempt: 3, max_retries: 10, error_status: null }
    const { events } = toEvents({ type: "system", subtype: "api_retry", ...silent }, none, 0)
    const words = "The AI service does not answer (try 3 of 10)."
    assert.deepStrictEqual(events, [{ kind: "notice", code: "api_retry", text: words }])
  })

  it("CLI-06: makes of a call nested 10,000 deep an event that can be written", () => {
    const input = JSON.parse(`${"[".repeat(10_000)}${"]".repeat(10_000)}`)
    const call = { type: "tool_use" as const, id: "t", name: "Bash", input: { command: "ls", more: input } }
    const [event] = toEvents({ type: "assistant", message: { content: [call] } }, none, 0).events
    assert.isDefined(event)
    if (event === undefined) return
    assert.match(
      JSON.stringify(truncate(event).event),
      /^{"kind":"tool","name":"Bash","input":{"command":"ls","more":\[/
    )
  })
})
