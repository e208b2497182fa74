import { assert, describe, it } from "@effect/vitest"
import { maxOutput, maxText, truncate } from "../../../src/core/log/truncate.ts"
import type { Event } from "../../../src/contract/Event.ts"

const usage = { input_tokens: 1, output_tokens: 1 }
const printed = (output: string): Event => ({
  kind: "tool_result",
  tool_id: "t",
  is_error: false,
  output,
  truncated: false,
  output_bytes: Buffer.byteLength(output),
  duration_ms: 1
})

/** Each event whose text has a limit: the event with this text, and the text that it shows. */
const kinds: ReadonlyArray<
  readonly [kind: string, kept: number, of: (text: string) => Event, shown: (event: Event) => unknown]
> = [
  ["tool_result", maxOutput, printed, (event) => event.kind === "tool_result" && event.output],
  ["text", maxText, (text) => ({ kind: "text", text }), (event) => event.kind === "text" && event.text],
  [
    "result",
    maxText,
    (result) => ({ kind: "result", is_error: false, result, duration_ms: 1, cost_usd: 1, usage }),
    (event) => event.kind === "result" && event.result
  ]
]

describe("truncate", () => {
  for (const [kind, kept, of, shown] of kinds) {
    it(`leaves a ${kind} of ${kept} characters as it is, and its full text is not kept twice`, () => {
      for (const text of ["", "a", "x".repeat(kept)]) {
        assert.deepStrictEqual(truncate(of(text)), { event: of(text), full: null })
      }
    })

    it(`cuts a ${kind} of one more in its middle, says how much is left out, and keeps it whole beside`, () => {
      const text = `${"a".repeat(kept / 2)}X${"b".repeat(kept / 2)}`
      const { event, full } = truncate(of(text))
      assert.strictEqual(full, text)
      const cut = `${"a".repeat(kept / 2)}\n… 1 characters left out …\n${"b".repeat(kept / 2)}`
      assert.strictEqual(shown(event), cut)
    })

    it(`SSE-10: cuts a ${kind} of 10 MB to little over ${kept} characters`, () => {
      const { event, full } = truncate(of("漢".repeat(10_000_000)))
      assert.strictEqual(full?.length, 10_000_000)
      assert.isBelow(String(shown(event)).length, kept + 100)
      assert.include(String(shown(event)), `… ${10_000_000 - kept} characters left out …`)
    })

    it(`never halves a character of a ${kind}, wherever it is cut`, () => {
      for (const lead of ["", "x", "xx", "xxx"]) {
        const { event } = truncate(of(`${lead}${"🙂".repeat(kept)}`))
        const text = String(shown(event))
        assert.isTrue(text.isWellFormed(), `after ${lead.length}`)
        assert.match(text, /^x{0,3}(🙂)+\n… \d+ characters left out …\n(🙂)+$/u)
      }
    })
  }

  it("marks a cut tool_result, whose whole length it already says", () => {
    const { event } = truncate(printed("é".repeat(maxOutput + 1)))
    assert.deepInclude(event, { truncated: true, output_bytes: 2 * (maxOutput + 1), tool_id: "t" })
    assert.deepInclude(truncate(printed("é".repeat(maxOutput))).event, { truncated: false })
  })

  it("cuts a tool's input as the JSON it is, and keeps that whole beside", () => {
    const tool = (input: unknown): Event => ({ kind: "tool", name: "Bash", input, tool_id: "t" })
    const small = { command: "x".repeat(maxText - 20) }
    assert.deepStrictEqual(truncate(tool(small)), { event: tool(small), full: null })
    const large = { command: "x".repeat(maxText) }
    const { event, full } = truncate(tool(large))
    assert.strictEqual(full, JSON.stringify(large))
    const input = event.kind === "tool" ? event.input : null
    const truncated = `{"command":"${"x".repeat(maxText / 2 - 12)}\n… 14 characters left out …\n`
    assert.deepStrictEqual(input, { truncated: `${truncated}${"x".repeat(maxText / 2 - 2)}"}` })
  })

  it("leaves a tool with no input, and events that have no limit, as they are", () => {
    const events: ReadonlyArray<Event> = [
      { kind: "tool", name: "Bash", input: undefined, tool_id: "t" },
      { kind: "user", text: "x".repeat(maxText + 1) },
      { kind: "turn_end", outcome: "completed" },
      { kind: "error", error: "e" },
      { kind: "notice", code: "c", text: "t" }
    ]
    for (const event of events) assert.deepStrictEqual(truncate(event), { event, full: null })
  })
})
