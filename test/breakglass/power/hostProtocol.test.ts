/** What the host's words are taken for; and that words alone forge nothing. */
import { assert, describe, it } from "@effect/vitest"
import {
  disagreesWithExit,
  expectedState,
  matchesExpected,
  observed,
  outcomeOf,
  parseLine
} from "../../../src/breakglass/power/hostProtocol.ts"
import { verbs } from "../../../src/contract/Power.ts"

const id = "11111111-1111-4111-8111-111111111111"
const other = "22222222-2222-4222-8222-222222222222"
const result = (rc: number, op = id) => `breakglass-result op=${op} verb=cycle rc=${rc} vm=running secs=3`
const evidence = (state: string, uptime: string, op = id) =>
  `breakglass-evidence op=${op} state=${state} pid=${uptime === "-" ? "-" : "4711"} uptime=${uptime}`

describe("a line of the host's", () => {
  const lines: ReadonlyArray<readonly [what: string, line: string, tag: string]> = [
    ["a phase", `breakglass-phase op=${id} stopping`, "Phase"],
    ["a result", result(0), "Result"],
    ["a refusal", `breakglass-refused op=${id} reason=no_quorum No quorum.`, "Refused"],
    ["evidence", evidence("running", "3"), "Evidence"],
    ["what became of it", `breakglass-last op=${id} known=yes verb=cycle phase=done rc=0 worker=ended`, "Last"]
  ]
  for (const [what, line, tag] of lines) {
    it(`is ${what} when it names the operation`, () => {
      assert.strictEqual(parseLine(line, id)._tag, tag)
    })
    const forged = [
      ["of another operation", line.replace(id, other)],
      ["of no operation", line.replace(id, "-")],
      ["of the operation and more", line.replace(id, `${id}0`)],
      ["after a blank", ` ${line}`],
      ["behind other words", `qm: ${line}`],
      ["in other letters", line.toUpperCase()],
      ["after an escape sequence", `\u001b[2K${line}`],
      ["after a carriage return", `x\r${line}`],
      ["with two blanks", line.replace(" ", "  ")],
      ["with a tab", line.replace(" ", "\t")]
    ] as const
    it.each(forged)(`PVE-08 is only output when it is ${what} %s`, (_, text) => {
      assert.deepStrictEqual(parseLine(text, id), { _tag: "Output", text })
    })
  }

  const broken = [
    `breakglass-phase op=${id}`,
    `breakglass-phase op=${id} done now`,
    `breakglass-phase op=${id} Done`,
    `breakglass-phase op=${id} \u001b[31mdone`,
    `breakglass-phase op=${id} ${"a".repeat(21)}`,
    `breakglass-result op=${id} verb=cycle`,
    `breakglass-result op=${id} verb=cycle rc=`,
    `breakglass-result op=${id} verb=cycle rc=-1`,
    `breakglass-result op=${id} verb=cycle rc=0x0`,
    `breakglass-result op=${id} verb=cycle rc=1000`,
    `breakglass-refused op=${id} no_quorum No quorum.`,
    `breakglass-refused op=${id} reason=no_quorum`,
    `breakglass-screen op=${id} 1`,
    "breakglass-result",
    ""
  ]
  it.each(broken)("PVE-08 is only output when it is %j", (text) => {
    assert.deepStrictEqual(parseLine(text, id), { _tag: "Output", text })
  })

  it.each([
    ["known=yes rc=-", { known: true, rc: null, worker: "" }],
    ["known=no", { known: false, rc: null, worker: "" }],
    ["known=yes rc=75 worker=ended", { known: true, rc: 75, worker: "ended" }],
    ["known=yesno rc=9999 worker=alive", { known: false, rc: null, worker: "alive" }],
    ["", { known: false, rc: null, worker: "" }]
  ])("tells what became of it: %j", (fields, told) => {
    assert.deepStrictEqual(parseLine(`breakglass-last op=${id} ${fields}`, id), { _tag: "Last", ...told })
  })
})

describe("an answer", () => {
  const answers: ReadonlyArray<readonly [what: string, lines: ReadonlyArray<string>, code: number, doubtful: boolean]> =
    [
      ["its result and its code agree", [result(0)], 0, false],
      ["both say that it failed", ["x", result(1)], 1, false],
      ["the result says more than the code", [result(0)], 1, true],
      ["the result says less than the code", [result(1)], 0, true],
      ["a result was printed in the middle, and the last is its own", [result(0), "x", result(20)], 20, false],
      ["a good result was printed in the middle, and then nothing", [result(0), "x"], 0, true],
      ["the last result is another operation's", [result(0, other)], 0, true],
      ["our script says that it is done, and no result", [`breakglass-phase op=${id} done`], 0, true],
      ["another script says that it is done, and no result", ["status: running"], 0, false],
      ["another script says that it is done, and nothing", [], 0, false],
      ["it failed before there was an operation", ["rejected: x", result(2, "-")], 2, false],
      ["it failed without a word", [], 1, false],
      ["a forged success stands before a failure", [result(0), "misconfigured: x"], 78, false]
    ]
  it.each(answers)("PVE-08 when %s", (_, lines, code, doubtful) => {
    assert.strictEqual(disagreesWithExit(lines, id, code), doubtful)
  })

  it.each([
    [0, "ok"],
    [1, "failed"],
    [2, "rejected"],
    [20, "failed"],
    [75, "busy"],
    [78, "failed"],
    [126, "failed"],
    [127, "failed"]
  ])("PVE-09 with exit code %i is %s", (code, outcome) => {
    assert.strictEqual(outcomeOf(code), outcome)
  })
})

describe("the VM, as the host sees it", () => {
  const seen: ReadonlyArray<readonly [what: string, lines: ReadonlyArray<string>, state: string, up: number | null]> = [
    ["the script's evidence", ["status: stopped", evidence("running", "7")], "running", 7],
    ["the newest evidence", [evidence("stopped", "-"), evidence("running", "1")], "running", 1],
    ["qm's word where there is no evidence", ["status: paused"], "paused", null],
    ["not another operation's evidence", ["status: stopped", evidence("running", "7", other)], "stopped", null],
    ["no forged uptime", [evidence("running", "1e9")], "running", null],
    ["nothing", ["x"], "unknown", null],
    ["a VM that is not there", ["status: stopped", `${evidence("unknown", "-")} why=nowhere`], "not_here", null],
    [
      "a QEMU that is here, wherever the cluster has it",
      [`${evidence("running", "7")} why=elsewhere node=b`],
      "running",
      7
    ],
    ["what it was before there was a word for it", [`${evidence("unknown", "-")} why=else node=b`], "unknown", null]
  ]
  it.each(seen)("is %s", (_, lines, state, uptime) => {
    const { state: saw, uptime: up } = observed(lines, id)
    assert.deepStrictEqual([saw, up], [state, uptime])
  })

  it.each([
    ["why=elsewhere node=pve2", "not on this host: it is on node pve2"],
    ["why=elsewhere node=\u202e", "not on this host: it is on another node"],
    ["why=nowhere", "not on this host, nor on another node of its cluster"],
    ["why=container node=pve2", "no VM: this id is a container's, on node pve2"],
    ["why=template node=pve1", "no VM that can run: this id is a template's"]
  ])("is not here when %s, and the words say where it is", (why, line) => {
    assert.strictEqual(observed([`${evidence("unknown", "-")} ${why}`], id).line, line)
  })

  const back: ReadonlyArray<
    readonly [verb: (typeof verbs)[number], state: string, up: number | null, fit: boolean | null]
  > = [
    ["stop", "stopped", null, true],
    ["stop", "running", 5, false],
    ["start", "running", 500, true],
    ["start", "stopped", null, false],
    ["reset", "running", 500, true],
    ["cycle", "running", 5, true],
    ["cycle", "stopped", null, false],
    ["cycle", "running", 500, false],
    // The host counts whole seconds: 3.0 s may read as 4.
    ["cycle", "running", 11, true],
    ["cycle", "running", 12, false],
    ["cycle", "running", null, null],
    ["cycle", "unknown", null, null],
    ["stop", "unknown", null, null],
    // It went to another node meanwhile: whatever it does there, it is not what was asked for here.
    ["stop", "not_here", null, false],
    ["cycle", "not_here", null, false]
  ]
  it.each(back)("after %s, %s for %s s is a fit: %s", (verb, state, uptime, fit) => {
    assert.strictEqual(matchesExpected(verb, { state, uptime, line: "" }, 10), fit)
  })

  it("is expected to be on or off after each verb that changes it", () => {
    assert.deepStrictEqual(
      verbs.map((verb) => expectedState(verb)),
      ["running", null, "running", "running", null, "stopped"]
    )
  })
})
