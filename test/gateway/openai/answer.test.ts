import { assert, describe, it } from "@effect/vitest"
import { type Answer, failure, frames, whole } from "../../../src/gateway/openai/answer.ts"
import { headers, unknownModel } from "../../../src/gateway/openai/refused.ts"

const named = { id: "chatcmpl-1", created: 1, model: "haiku" }
const answer: Answer = {
  text: "hi",
  finish: "stop",
  usage: { input_tokens: 1, output_tokens: 8, cache_creation_input_tokens: 2, cache_read_input_tokens: 4 }
}
const counted = {
  ...{ prompt_tokens: 7, completion_tokens: 8, total_tokens: 15 },
  prompt_tokens_details: { cached_tokens: 4 }
}
const parsed = (text: string) =>
  text
    .split("\n\n")
    .filter((line) => line !== "")
    .map((line) => (line === "data: [DONE]" ? "[DONE]" : JSON.parse(line.replace(/^data: /, ""))))

describe("an answer", () => {
  it("counts every kind of input as the prompt's", () => {
    assert.deepStrictEqual(whole(named, answer).usage, counted)
  })

  it("that is a refusal is no content", () => {
    const { choices } = whole(named, { ...answer, finish: "content_filter" })
    assert.deepStrictEqual(choices[0]?.message, { role: "assistant", content: null, refusal: "hi" })
  })

  it("in frames says the same: a role, texts, one finish, the usage when asked, and [DONE]", () => {
    const { first, text, last } = frames(named, true)
    const [begun, said, ended, used, done] = parsed(first + text("hi") + last(answer))
    assert.deepStrictEqual(begun.choices[0].delta, { role: "assistant", content: "" })
    assert.deepStrictEqual([said.choices[0].delta, said.usage], [{ content: "hi" }, null])
    assert.deepStrictEqual([ended.choices[0].finish_reason, ended.usage], ["stop", null])
    assert.deepStrictEqual([used.choices, used.usage, done], [[], counted, "[DONE]"])
  })

  it("in frames has no usage that was not asked for", () => {
    const { first, last } = frames(named, false)
    assert.isFalse(parsed(first + last(answer)).some((frame) => Object.hasOwn(Object(frame), "usage")))
  })

  it("that fails midway is an error frame without a finish", () => {
    const [frame] = parsed(failure({ status: 504, code: "timeout", param: null, message: "Late.", retryAfter: null }))
    assert.deepStrictEqual(frame, { error: { message: "Late.", type: "server_error", param: null, code: "timeout" } })
  })
})

describe("a refusal's headers", () => {
  const of = (status: number, retryAfter: number | null) => headers({ ...unknownModel("x", []), status, retryAfter })

  it("name the seconds within what clients obey, and forbid a repeat that is of no use", () => {
    assert.deepStrictEqual(of(429, 0.2), { "retry-after": "1" })
    assert.deepStrictEqual(of(503, 7200), { "retry-after": "60" })
    assert.deepStrictEqual(of(504, null), { "x-should-retry": "false" })
    assert.deepStrictEqual(of(404, null), {})
  })
})
