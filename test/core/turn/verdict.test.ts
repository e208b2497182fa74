import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Verdict from "../../../src/core/turn/verdict.ts"
import { decodeLine, type Result } from "../../../src/core/claude/StreamJson.ts"

const recording = (name: string, ending: "ndjson" | "json") =>
  Fs.readFileSync(Path.resolve(import.meta.dirname, `../../fixtures/claude/${name}.${ending}`), "utf8")

/** What was seen of a recorded run of the CLI that ended by itself. */
const seen = (name: string): Verdict.RunReport => {
  const { code, stderr }: { readonly code: number | null; readonly stderr: string } = {
    code: 0,
    ...JSON.parse(recording(name, "json"))
  }
  const messages = recording(name, "ndjson")
    .split("\n")
    .flatMap((line) => Option.toArray(decodeLine(line)))
  return {
    ended: { _tag: "Exited" },
    result: messages.findLast((message) => message.type === "result") ?? null,
    opened: messages.some((message) => message.type === "system" && message.subtype === "init"),
    exited: { code, signal: null },
    stderr
  }
}

const result = (fields: Partial<Result>): Result => ({
  ...{ type: "result", subtype: "success", is_error: false, duration_ms: 1, total_cost_usd: 0 },
  usage: { input_tokens: 1, output_tokens: 1 },
  ...fields
})
const itself: Verdict.RunReport = {
  ended: { _tag: "Exited" },
  result: null,
  opened: true,
  exited: { code: 0, signal: null },
  stderr: ""
}
const failed = (error: string): Verdict.Verdict => ({ outcome: "failed", error })
const completed: Verdict.Verdict = { outcome: "completed", error: null }

const recordings: Readonly<Record<string, Verdict.Verdict>> = {
  "turn-text": completed,
  "turn-bash": completed,
  "turn-529-then-ok": completed,
  "turn-drop-stream": completed,
  "turn-slash-clear": completed,
  "k-401": failed("Invalid API key · Fix external API key"),
  "turn-max-turns": failed("The turn reached its limit of model calls. Send a prompt to go on."),
  "k2-max-budget": failed("The turn reached its budget. Send a prompt to go on."),
  "y5-home-full": failed("ENOSPC: no space left on device, write"),
  "n-root-no-sandbox": failed(
    "The agent refuses to run as root. Nothing ran. " +
      "Run the server as another user, or set IS_SANDBOX=1 where it is contained."
  )
}

const table: ReadonlyArray<readonly [fact: string, seen: Partial<Verdict.RunReport>, verdict: Verdict.Verdict]> = [
  ["a result without error completes it", { result: result({}) }, completed],
  ["so whatever the exit code", { result: result({}), exited: { code: 1, signal: null }, stderr: "x" }, completed],
  [
    "success with is_error has failed",
    { result: result({ is_error: true, result: "API Error" }) },
    failed("API Error")
  ],
  ["without words its subtype is said", { result: result({ is_error: true, subtype: "error_x" }) }, failed("error_x")],
  [
    "and so it is without a word in its errors",
    { result: result({ is_error: true, subtype: "error_x", errors: [] }) },
    failed("error_x")
  ],
  ["errors are said", { result: result({ is_error: true, errors: ["a", "b"] }) }, failed("a\nb")],
  [
    "no credential is said with what to do",
    { result: result({ is_error: true, result: "Not logged in · Please run /login" }) },
    failed(
      "The agent has no model credential. Nothing ran. " +
        "Set CLAUDE_CODE_OAUTH_TOKEN or ANTHROPIC_API_KEY and restart the server."
    )
  ],
  ["CLI-01: exit 0 without a result has failed", {}, failed("exit 0")],
  ["exit 1 without a word", { exited: { code: 1, signal: null } }, failed("exit 1")],
  ["exit 1 with words", { exited: { code: 1, signal: null }, stderr: "\n it broke \n" }, failed("it broke")],
  ["CLI-02: a signal", { exited: { code: null, signal: "SIGSEGV" } }, failed("The agent was killed (SIGSEGV).")],
  [
    "CLI-02: a signal before the last words",
    { exited: { code: null, signal: "SIGABRT" }, stderr: "out of memory\n" },
    failed("The agent was killed (SIGABRT). out of memory")
  ],
  ["blank stderr is no word", { exited: { code: 2, signal: null }, stderr: " \n\n" }, failed("exit 2")],
  ["500 characters are said whole", { stderr: "x".repeat(500) }, failed("x".repeat(500))],
  ["of more, 500 are said", { stderr: "x".repeat(501) }, failed(`${"x".repeat(499)}…`)],
  ["a cut halves no character", { stderr: `${"x".repeat(498)}🙂🙂` }, failed(`${"x".repeat(498)}…`)],
  [
    "a result's words are cut too",
    { result: result({ is_error: true, result: "x".repeat(501) }) },
    failed(`${"x".repeat(499)}…`)
  ]
]

const stops: ReadonlyArray<readonly [ended: Verdict.Ended, outcome: Verdict.Verdict["outcome"], error: RegExp | null]> =
  [
    [{ _tag: "Stopped" }, "cancelled", null],
    [{ _tag: "Shutdown" }, "interrupted", /^The server was stopped while this turn ran\./],
    [{ _tag: "TimedOut", seconds: 1800 }, "timed_out", /^turn timed out after 1800s$/],
    [{ _tag: "Silent", seconds: 90, tool: null }, "failed", /^The AI service said nothing for 90 s,.* No command was/],
    [{ _tag: "NoSummary", seconds: 900 }, "failed", /no summary .* 900 s.* new session .* VM controls work without it/],
    [{ _tag: "Silent", seconds: 900, tool: "Bash" }, "failed", /^(?!.*(AI service|No command)).*Bash.*900 s/],
    [{ _tag: "Defect" }, "failed", /^The server failed inside this turn;/],
    [{ _tag: "Journal", reason: "ENOSPC" }, "failed", /^The journal could not be written \(ENOSPC\)/]
  ]

describe("verdict", () => {
  for (const [name, verdict] of Object.entries(recordings)) {
    it(`of ${name}: ${verdict.outcome}`, () => assert.deepStrictEqual(Verdict.verdict(seen(name)), verdict))
  }

  for (const [fact, more, verdict] of table) {
    it(fact, () => assert.deepStrictEqual(Verdict.verdict({ ...itself, ...more }), verdict))
  }

  for (const [ended, outcome, error] of stops) {
    it(`${Object.values(ended).join(" ")} is ${outcome}, whatever the CLI said while it went`, () => {
      const broken = result({ is_error: true, subtype: "error_during_execution", errors: ["[ede_diagnostic]"] })
      for (const said of [null, result({}), broken]) {
        const verdict = Verdict.verdict({ ...itself, ended, result: said, stderr: "x" })
        assert.strictEqual(verdict.outcome, outcome)
        if (error === null) assert.isNull(verdict.error)
        else assert.match(verdict.error ?? "", error)
      }
    })
  }
})

describe("effectiveEnd", () => {
  const aborted = result({ is_error: true, subtype: "error_during_execution", terminal_reason: "aborted_tools" })
  const stopped: Verdict.Ended = { _tag: "Stopped" }
  const timedOut: Verdict.Ended = { _tag: "TimedOut", seconds: 1 }
  const journal: Verdict.Ended = { _tag: "Journal", reason: "ENOSPC" }
  const tooLong = result({ is_error: true, result: "Prompt is too long" })
  type Row = readonly [fact: string, ended: Verdict.Ended, said: Result | null, truth: Verdict.Ended, before?: false]
  const table: ReadonlyArray<Row> = [
    ["RACE-03: a stop that came after the last word stopped nothing", stopped, result({}), itself.ended],
    ["RACE-03: nor after a last word that was an error", stopped, tooLong, itself.ended],
    ["a stop that is answered with an error is one", stopped, tooLong, stopped, false],
    ["a stop that crossed a good end stopped nothing", stopped, result({}), itself.ended, false],
    ["a stop before any last word is one", stopped, null, stopped],
    ["a stop that the CLI's last word confirms is one", stopped, aborted, stopped],
    ["a limit reached after the last word ended nothing", timedOut, result({}), itself.ended],
    ["a limit reached before it did", timedOut, null, timedOut],
    ["a journal that took no more did, whatever was said", journal, result({}), journal]
  ]
  for (const [fact, ended, said, truth, before = true] of table) {
    it(fact, () => assert.deepStrictEqual(Verdict.effectiveEnd(ended, said, before), truth))
  }
})

describe("the CLI's words about a conversation", () => {
  it("CLI-13: say that it is lost, on stderr or in the result", () => {
    for (const name of ["turn-resume-unknown", "h-resume-unknown", "2.1.332/turn-resume-unknown"]) {
      const { result, stderr } = seen(name)
      assert.isTrue(Verdict.conversationLost(result, ""), name)
      assert.isTrue(Verdict.conversationLost(null, stderr), name)
      assert.isFalse(Verdict.conversationTaken(stderr), name)
    }
  })

  it("CLI-13: say that it is taken, on stderr", () => {
    for (const name of ["turn-session-id-reused", "g-session-id-reused", "2.1.332/turn-session-id-reused"]) {
      const { result, stderr } = seen(name)
      assert.isTrue(Verdict.conversationTaken(stderr), name)
      assert.isFalse(Verdict.conversationLost(result, stderr), name)
    }
  })

  it("say neither in any other recording", () => {
    for (const name of [...Object.keys(recordings), "turn-interrupt-bash", "s6-malformed", "i-unknown-agent"]) {
      const { result, stderr } = seen(name)
      assert.deepStrictEqual(
        [Verdict.conversationLost(result, stderr), Verdict.conversationTaken(stderr)],
        [false, false],
        name
      )
    }
  })
})

describe("notStarted", () => {
  it("CLI-01: says what was looked for, that nothing ran and what to do", () => {
    const missing = Verdict.notStarted("claude", "ENOENT")
    for (const words of ['"claude"', "Nothing ran.", "BREAKGLASS_CLAUDE"]) assert.include(missing, words)
    const denied = Verdict.notStarted("/opt/claude", "EACCES")
    for (const words of ['"claude"', "EACCES", "Nothing ran."]) assert.include(denied, words)
    assert.notInclude(denied, "/opt")
  })
})
