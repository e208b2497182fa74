import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { decodeLine } from "../../../src/core/claude/StreamJson.ts"
import { recorded, type Said } from "../../support/claude/recordings.ts"

const kind = ({ type, subtype }: Said) => (subtype === undefined ? type : `${type}/${subtype}`)

/** The kinds that are read; all others are passed over. */
const read = [
  "assistant",
  "result/error_during_execution",
  "result/error_max_budget_usd",
  "result/error_max_turns",
  "result/success",
  "stream_event",
  "system/api_retry",
  "system/compact_boundary",
  "system/init",
  "system/status",
  "user"
]

describe("a recording", () => {
  it("has lines of every kind that is read, and others", () => {
    const kinds = new Set(recorded.map(({ said }) => kind(said)))
    assert.includeMembers([...kinds], [...read, "control_response", "system/thinking_tokens"])
  })

  it("has no line that is read by half: those of these kinds are all read, the others all passed over", () => {
    const wrong = recorded.filter(({ line, said }) => Option.isSome(decodeLine(line)) !== read.includes(kind(said)))
    assert.deepStrictEqual(
      wrong.map(({ name, line }) => `${name}: ${line.slice(0, 120)}`),
      []
    )
  })

  it("has its prose, calls, tool results and verdicts read as they were said", () => {
    const counted = { assistant: 0, user: 0, result: 0 }
    for (const { name, line, said } of recorded) {
      const message = Option.getOrNull(decodeLine(line))
      if (message?.type !== "assistant" && message?.type !== "user" && message?.type !== "result") continue
      counted[message.type] += 1
      const fields = readOf[message.type]
      if (message.type === "result") assert.deepStrictEqual(picked(message, fields), picked(said, fields), name)
      else {
        const { content } = said["message"] as { content: unknown }
        assert.deepStrictEqual(blocks(message.message.content, fields), blocks(content, fields), name)
      }
    }
    for (const count of Object.values(counted)) assert.isAbove(count, 20)
  })
})

const readOf = {
  assistant: ["type", "text", "id", "name", "input"],
  user: ["type", "tool_use_id", "content", "is_error"],
  result: ["subtype", "is_error", "duration_ms", "total_cost_usd", "result", "errors", "terminal_reason"]
}
const picked = (from: unknown, fields: ReadonlyArray<string>) =>
  fields.map((field) => Object.entries(from ?? {}).find(([name]) => name === field)?.[1] as unknown)
const blocks = (content: unknown, fields: ReadonlyArray<string>) =>
  Array.isArray(content) ? content.map((block: unknown) => picked(block, fields)) : content

const text = { type: "text", text: "y" }
const image = { type: "image", source: { data: "AAAA" } }
const tool = (content?: unknown) => ({
  type: "tool_result",
  tool_use_id: "t",
  ...(content === undefined ? {} : { content })
})
const stream = (event: unknown) => ({ type: "stream_event", event })
const usage = { input_tokens: 1, output_tokens: 2 }
const result = { type: "result", subtype: "success", is_error: false, duration_ms: 1, total_cost_usd: 0, usage }
const bare = (more: object) => ({ type: "result", subtype: "success", duration_ms: 1, ...more })
const unknown = { type: "unknown" }
const assistant = (...content: ReadonlyArray<unknown>) => ({ type: "assistant", message: { content } })
const user = (content: unknown) => ({ type: "user", message: { content } })
const id = "0a0e3c1c-7f5f-4d55-9a4e-7c3b8f5b0a01"
const init = { type: "system", subtype: "init", session_id: id }
const opened = { type: "system", subtype: "init" }
const status = { type: "system", subtype: "status" }
const retry = { type: "system", subtype: "api_retry", attempt: 1, max_retries: 3, error_status: null }
const delta = (type: string, text: string) => ({ type: "content_block_delta", delta: { type, text } })
const deep = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`

/** What is read of a line; null when it is passed over. */
const lines: ReadonlyArray<readonly [fact: string, line: unknown, read: unknown]> = [
  ["an init", { ...init, tools: ["Bash"], more: { x: 1 } }, init],
  ["an init without a session", opened, opened],
  ["an init whose session would be an option", { ...init, session_id: "--settings={}" }, opened],
  ["an init whose session is a path", { ...init, session_id: `../${id}` }, opened],
  ["an init whose session has a line more", { ...init, session_id: `${id}\n` }, opened],
  ["a compaction", { ...status, status: "compacting", compact_output_chars: 0 }, { ...status, status: "compacting" }],
  ["the end of one", { ...status, status: null, compact_result: "success" }, { ...status, compact_result: "success" }],
  ["a retry without an answer", { ...retry, error: "unknown" }, retry],
  ["a retry after an answer", { ...retry, error_status: 529 }, { ...retry, error_status: 529 }],
  ["another system line", { type: "system", subtype: "task_started", tool_use_id: "t" }, null],
  [
    "prose",
    assistant({ type: "text", text: "a\u2028b", citations: [] }),
    assistant({ type: "text", text: "a\u2028b" })
  ],
  ["an unknown block", assistant({ type: "thinking", thinking: "x" }), assistant({ type: "thinking" })],
  ["a text block without text", assistant({ type: "text" }), assistant({ type: "text" })],
  ["no block", assistant(), assistant()],
  ["a message that is a string", { type: "assistant", message: "str" }, null],
  ["prose that is no list of blocks", { type: "assistant", message: { content: "a" } }, null],
  ["a block that is none, beside one that is", assistant("x", null, text), assistant(unknown, unknown, text)],
  ["a call without an id", assistant({ type: "tool_use", name: "Bash" }), assistant({ type: "tool_use" })],
  ["a tool's result that is text", user([tool("x")]), user([tool("x")])],
  ["a tool's result that is blocks", user([tool([image, text])]), user([tool([{ type: "image" }, text])])],
  ["a tool's result that is nothing", user([tool()]), user([tool()])],
  ["a tool's result that is an object", user([tool({ x: 1 })]), user([tool()])],
  ["a tool's result of which one block is none", user([tool([null, text])]), user([tool([unknown, text])])],
  ["words of the CLI's own", { ...user("x"), isSynthetic: true }, user("x")],
  ["a result", { ...result, api_error_status: null, num_turns: 1 }, { ...result, api_error_status: null }],
  ["a result with errors", { ...result, errors: ["e"] }, { ...result, errors: ["e"] }],
  ["a result without a price", { ...result, total_cost_usd: null, usage: null }, bare({ is_error: false })],
  ["a result without a verdict", { ...result, is_error: null, usage: [], total_cost_usd: "0" }, bare({})],
  ["a result that says nothing", { type: "result" }, { type: "result" }],
  ["prose while it is written", stream(delta("text_delta", "a")), stream(delta("text_delta", "a"))],
  ["thinking while it is written", stream(delta("thinking_delta", "a")), { type: "stream_event" }],
  ["any other stream event", stream({ type: "ping" }), { type: "stream_event" }],
  ["a type of tomorrow", { type: "tool_progress", elapsed: 1 }, null],
  ["no type", { message: { content: [] } }, null],
  ["an array", [1, 2], null],
  ["null", null, null],
  ["a string", "assistant", null],
  ["a number", 1e300, null]
]

/** Lines that JSON.stringify would not write. */
const raw: ReadonlyArray<readonly [fact: string, line: string, read: unknown]> = [
  ["nothing", "", null],
  ["blanks", "  \t", null],
  ["rubbish", "Error: something else", null],
  ["half a line", '{"type":"assistant","message":{"con', null],
  ["two objects", `${JSON.stringify(result)}${JSON.stringify(result)}`, null],
  ["single quotes", "{'type':'stream_event'}", null],
  ["U+2028 unescaped", '{"type":"user","message":{"content":"a\u2028b"}}', user("a\u2028b")],
  ["half a surrogate pair", '{"type":"user","message":{"content":"\\ud83d"}}', user("\ud83d")],
  ["U+FFFD for bytes that were no UTF-8", '{"type":"user","message":{"content":"\uFFFD"}}', user("\uFFFD")],
  ["duplicate keys: the last one counts", '{"type":"assistant","type":"user","message":{"content":"x"}}', user("x")],
  ["__proto__ and constructor", '{"__proto__":{"type":"stream_event"},"constructor":1}', null],
  [
    "a number out of range",
    '{"type":"system","subtype":"api_retry","attempt":1e999}',
    { type: "system", subtype: "api_retry" }
  ],
  ["10,000 arrays", deep(10_000), null],
  ["10,000 arrays beside what is read", `{"type":"stream_event","x":${deep(10_000)}}`, { type: "stream_event" }],
  ["1,000,000 arrays", deep(1_000_000), null],
  ["10,000 objects", `${'{"type":'.repeat(10_000)}1${"}".repeat(10_000)}`, null],
  ["5 MB of text", `{"type":"user","message":{"content":"${"x".repeat(5_000_000)}"}}`, user("x".repeat(5_000_000))]
]

describe("decodeLine", () => {
  const all = [...lines.map(([fact, line, read]) => [fact, JSON.stringify(line), read] as const), ...raw]
  for (const [fact, line, read] of all) {
    it(`CLI-06: ${fact} ${read === null ? "is passed over" : "is read"}`, () => {
      assert.deepStrictEqual<unknown>(Option.getOrNull(decodeLine(line)), read)
    })
  }

  it("CLI-06: reads a call whose input is nested 10,000 deep", () => {
    const call = `{"type":"tool_use","id":"t","name":"n","input":${deep(10_000)}}`
    const message = Option.getOrNull(decodeLine(`{"type":"assistant","message":{"content":[${call}]}}`))
    const block = message?.type === "assistant" ? message.message.content[0] : undefined
    let at: unknown = block !== undefined && "input" in block ? block.input : null
    let depth = 0
    for (; Array.isArray(at); at = at[0]) depth++
    assert.strictEqual(depth, 10_000)
  })
})
