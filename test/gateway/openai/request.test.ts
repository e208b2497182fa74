/** What a chat completion's body means, and what of it is refused, and where. */
import { assert, describe, it } from "@effect/vitest"
import { completion } from "../../../src/gateway/openai/request.ts"

const models = ["haiku", "sonnet"]
const ask = (more: object = {}) =>
  completion({ model: "haiku", messages: [{ role: "user", content: "hi" }], ...more }, models)
const said = (...messages: ReadonlyArray<object>) => ask({ messages })
const text = (text: string) => ({ type: "text", text }) as const

describe("a completion", () => {
  it("is a system text, the exchanges before and the question, in true roles", () => {
    const asked = said(
      { role: "system", content: "Be short." },
      { role: "user", content: "one" },
      { role: "assistant", content: "1" },
      { role: "developer", content: "Be kind." },
      { role: "user", content: "two" },
      { role: "assistant", content: [{ type: "text", text: "2" }] },
      { role: "user", content: "three" }
    )
    assert.deepInclude(asked, {
      system: "Be short.\n\nBe kind.",
      history: [
        { user: [text("one")], assistant: "1" },
        { user: [text("two")], assistant: "2" }
      ],
      question: [text("three")]
    })
  })

  it("keeps neighbours of one role together", () => {
    const asked = said({ role: "user", content: "a" }, { role: "user", content: "b" })
    assert.deepInclude(asked, { history: [], question: [text("a"), text("b")] })
  })

  it("that begins with the assistant says so to the model", () => {
    const asked = said({ role: "assistant", content: "Hello!" }, { role: "user", content: "hi" })
    assert.deepInclude(asked, {
      history: [{ user: [text("(The conversation begins with the assistant.)")], assistant: "Hello!" }]
    })
  })

  it("takes images as the Messages API does, and fetches none", () => {
    const asked = said({
      role: "user",
      content: [
        text("what is this?"),
        { type: "image_url", image_url: { url: "data:image/png;base64,QUJD" } },
        { type: "image_url", image_url: { url: "https://example.org/a.png" } }
      ]
    })
    assert.deepInclude(asked, {
      question: [
        text("what is this?"),
        { type: "image", source: { type: "base64", media_type: "image/png", data: "QUJD" } },
        { type: "image", source: { type: "url", url: "https://example.org/a.png" } }
      ]
    })
  })

  it("passes over what is only a wish, and what it does not know", () => {
    const wishes = { temperature: 2, top_p: 0, seed: 1, logit_bias: {}, user: "u", store: true, of_next_year: [1] }
    assert.deepStrictEqual(ask(wishes), ask())
  })

  it("reads limits, stop words, format and framing", () => {
    assert.deepInclude(ask({ max_completion_tokens: 5, max_tokens: 9 }), { maxTokens: 5 })
    assert.deepInclude(ask({ max_tokens: 9 }), { maxTokens: 9 })
    assert.deepInclude(ask({ stop: "END" }), { stop: ["END"] })
    assert.deepInclude(ask({ stop: ["a", "b"] }), { stop: ["a", "b"] })
    assert.deepInclude(ask({ stream: true, stream_options: { include_usage: true } }), {
      stream: true,
      includeUsage: true
    })
    const schema = { type: "object" }
    assert.deepInclude(
      ask({ response_format: { type: "json_schema", json_schema: { name: "n", strict: true, schema } } }),
      {
        format: { type: "json_schema", schema }
      }
    )
    assert.deepInclude(ask({ tools: [{ type: "function" }], tool_choice: "auto" }), { toolsIgnored: true })
    assert.deepInclude(ask({ tools: [] }), { toolsIgnored: false })
  })
})

const refusals: ReadonlyArray<readonly [name: string, body: unknown, param: string | null, code: string]> = [
  ["no object", [], null, "invalid_value"],
  ["no model", { messages: [{ role: "user", content: "x" }] }, "model", "missing_parameter"],
  ["an unknown model", { model: "gpt-4o", messages: [] }, "model", "model_not_found"],
  ["no messages", { model: "haiku" }, "messages", "invalid_value"],
  ["empty messages", { model: "haiku", messages: [] }, "messages", "invalid_value"]
]
const inMessages: ReadonlyArray<
  readonly [name: string, messages: ReadonlyArray<unknown>, param: string, code: string]
> = [
  ["only the assistant", [{ role: "assistant", content: "x" }], "messages", "invalid_value"],
  ["only a system text", [{ role: "system", content: "x" }], "messages", "invalid_value"],
  ["an empty question", [{ role: "user", content: "" }], "messages", "invalid_value"],
  ["a tool's answer", [{ role: "tool", content: "x", tool_call_id: "1" }], "messages.0.role", "unsupported_parameter"],
  ["an unknown role", [{ role: "boss", content: "x" }], "messages.0.role", "invalid_value"],
  ["a role by a prototype's name", [{ role: "constructor", content: "x" }], "messages.0.role", "invalid_value"],
  ["content that is a number", [{ role: "user", content: 7 }], "messages.0.content", "invalid_value"],
  ["a NUL", [{ role: "user", content: "a\0b" }], "messages.0.content", "invalid_value"],
  ["audio", [{ role: "user", content: [{ type: "input_audio" }] }], "messages.0.content.0.type", "unsupported_content"],
  [
    "a file address",
    [{ role: "user", content: [{ type: "image_url", image_url: { url: "file:///etc/passwd" } }] }],
    "messages.0.content.0",
    "invalid_value"
  ],
  [
    "an SVG",
    [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:image/svg+xml;base64,QUJD" } }] }],
    "messages.0.content.0",
    "invalid_value"
  ],
  [
    "broken base64",
    [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,Q*JD" } }] }],
    "messages.0.content.0",
    "invalid_value"
  ]
]
const inFields: ReadonlyArray<readonly [name: string, fields: object, param: string, code: string]> = [
  ["two choices", { n: 2 }, "n", "unsupported_parameter"],
  ["log probabilities", { logprobs: true }, "logprobs", "unsupported_parameter"],
  ["speech", { modalities: ["text", "audio"] }, "modalities", "unsupported_parameter"],
  ["a tool that must be called", { tools: [{}], tool_choice: "required" }, "tool_choice", "unsupported_parameter"],
  ["a named tool", { tools: [{}], tool_choice: { type: "function" } }, "tool_choice", "unsupported_parameter"],
  ["no tokens at all", { max_tokens: 0 }, "max_tokens", "invalid_value"],
  ["half a token", { max_completion_tokens: 1.5 }, "max_completion_tokens", "invalid_value"],
  ["five stop words", { stop: ["a", "b", "c", "d", "e"] }, "stop", "invalid_value"],
  ["an empty stop word", { stop: "" }, "stop", "invalid_value"],
  ["a format nobody knows", { response_format: { type: "xml" } }, "response_format.type", "invalid_value"],
  [
    "a schema that is missing",
    { response_format: { type: "json_schema" } },
    "response_format.json_schema.schema",
    "invalid_value"
  ]
]

describe("refused, with the field at fault", () => {
  it.each([
    ...refusals,
    ...inMessages.map(([name, messages, param, code]) => [name, { model: "haiku", messages }, param, code] as const),
    ...inFields.map(
      ([name, fields, param, code]) =>
        [name, { model: "haiku", messages: [{ role: "user", content: "x" }], ...fields }, param, code] as const
    )
  ])("%s", (_name, body, param, code) => {
    const status = code === "model_not_found" ? 404 : 400
    assert.deepInclude(completion(body, models), { status, param, code, retryAfter: null })
  })
})
