import { assert, describe, it } from "@effect/vitest"
import { type Incident, postmortem } from "../../../src/breakglass/session/postmortem.ts"
import type { Entry, Event } from "../../../src/contract/Event.ts"

const entries = (...events: ReadonlyArray<Event>): ReadonlyArray<Entry> =>
  events.map((event, id) => ({ ...event, id, at: `2026-01-01T10:00:${String(id).padStart(2, "0")}.000Z` }))

const usage = { input_tokens: 1, output_tokens: 2 }
const result = (cost_usd: number): Event => ({
  kind: "result",
  is_error: false,
  result: "ok",
  duration_ms: 10,
  cost_usd,
  usage
})
const printed = (tool_id: string, is_error = false): Event => ({
  kind: "tool_result",
  tool_id,
  is_error,
  output: "",
  truncated: false,
  output_bytes: 0,
  duration_ms: 1234
})
const bash = (tool_id: string, command: string): Event => ({ kind: "tool", name: "Bash", input: { command }, tool_id })
const incident = { title: "the VM is slow", target: "devvm", session: "6f1c" }
const drafted = (of: Incident, events: ReadonlyArray<Entry>) => {
  const { add, text } = postmortem(of)
  events.forEach(add)
  return text()
}
const draft = (...events: ReadonlyArray<Event>) => drafted(incident, entries(...events))

describe("postmortem", () => {
  it("tells an incident from the prompt to its end, with what was run and what it cost", () => {
    assert.strictEqual(
      draft(
        { kind: "user", text: "the VM is\nslow" },
        { kind: "session", session_id: "x" },
        { kind: "text", text: "Looking." },
        bash("a", "df -h"),
        bash("b", "free | head"),
        printed("b", true),
        printed("a"),
        { kind: "notice", code: "api_retry", text: "trying again" },
        { kind: "cancelled", ended: 2, left: 0, how: "interrupt", remote: "none" },
        { kind: "error", error: "it broke" },
        result(0.1),
        result(0.25),
        { kind: "turn_end", outcome: "failed" }
      ),
      [
        "# the VM is slow",
        "- Target: devvm\n- Session: 6f1c\n- From 2026-01-01T10:00:00.000Z to 2026-01-01T10:00:12.000Z (UTC)\n- Model cost: $0.35",
        "## Summary\n\n_To be written._",
        "## Root cause\n\n_To be written._",
        [
          "## Timeline (UTC)\n",
          "- **10:00:00** The operator asked: the VM is slow",
          "- **10:00:02** Looking.",
          "- **10:00:03** ran ` df -h `",
          "- **10:00:04** ran ` free \\| head `",
          "- **10:00:07** (trying again)",
          "- **10:00:08** Stopped by the operator: 2 processes ended, 0 left; on the target: none",
          "- **10:00:09** Error: it broke",
          "- **10:00:12** Turn failed."
        ].join("\n"),
        [
          "## Commands\n",
          "| at | command | result | took |",
          "|---|---|---|---|",
          "| 10:00:05 | ` free \\| head ` | failed | 1234 ms |",
          "| 10:00:06 | ` df -h ` | ok | 1234 ms |"
        ].join("\n"),
        "## Follow-up\n\n- [ ] _To be written._",
        ""
      ].join("\n\n")
    )
  })

  it("is a draft of an empty session too", () => {
    assert.match(drafted({ ...incident, title: "" }, []), /^# Untitled incident\n\n- Target: devvm/)
  })

  const hostile = [
    "# heading",
    "[link](javascript:alert(1))",
    "![image](http://x/y)",
    "<script>alert(1)</script>",
    "<img src=x onerror=y>",
    "a | b | c",
    "`code` ``more``",
    "*bold* _it_ ~x~",
    "\n\n# two lines\n\n---\n",
    "&lt;b&gt;",
    "| --- |"
  ]
  for (const text of hostile) {
    it(`shows ${JSON.stringify(text)} as words, wherever it stands`, () => {
      const made = drafted(
        { title: text, target: text, session: "6f1c" },
        entries(
          { kind: "user", text },
          { kind: "text", text },
          bash("a", text),
          printed("a"),
          { kind: "error", error: text },
          { kind: "notice", code: "x", text }
        )
      )
      const outside = made.replace(/(?<![`\\])(`+) [\s\S]*? \1(?!`)/g, "")
      assert.notMatch(outside, /(?<!\\)[<>]|(?<!\\)\]\(|(?<!\\)`/, "no tag, link or code but ours")
      const headings = made.split("\n").filter((line) => line.startsWith("#"))
      assert.strictEqual(headings.length, 6, "no heading but ours")
      const rows = made.split("\n").filter((line) => line.startsWith("|"))
      assert.strictEqual(rows.length, 3, "no row but ours")
      for (const row of rows) assert.strictEqual(row.split(/(?<!\\)\|/).length, 6, row)
    })
  }

  it("writes out what would move a cursor, reorder a line or not be seen, wherever it stands", () => {
    const text = "a\u001B[31m\u202Eb\u2800c\u034Fd\uFE00e\u{E0041}f\u{E0100}g\u2028h\uD800i\u200Dj\r\u0000"
    const made = drafted(
      { title: text, target: text, session: "6f1c" },
      entries(
        { kind: "user", text },
        { kind: "text", text },
        bash("a", text),
        printed("a"),
        { kind: "error", error: text },
        { kind: "notice", code: "x", text }
      )
    )
    assert.notMatch(
      made.replaceAll("\n", ""),
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\p{Surrogate}]/u
    )
    const seen = "a\\x1b[31m\\u202eb\\u2800c\\u034fd\\ufe00e\\u{e0041}f\\u{e0100}g\\u2028h\\ud800i\\u200dj\\x0d\\x00"
    assert.include(made, `ran \` ${seen} \``)
  })
})
