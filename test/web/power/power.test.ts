import { assert, describe, it } from "@effect/vitest"
import { operation as made } from "../../support/power/runs.ts"
import type { Operation, Verb } from "../../../src/contract/Power.ts"
import { current, emptyPower, foldPower, latest, learn, type PowerEntry } from "../../../web/power/power.ts"

const op = made({ op_id: "1" })
const at = "2026-01-01T00:00:01.000Z"
const ended: Operation = { ...op, phase: "done", ended_at: at, outcome: "ok", verified: true }
const operation = (id: number, of: Operation): PowerEntry => ({ kind: "operation", op: of, id, at })
const output = (id: number, text: string): PowerEntry => ({ kind: "output", op_id: "1", text, id, at })
const log = [
  operation(0, op),
  output(1, "a"),
  operation(2, { ...op, phase: "stopping" }),
  output(3, "b"),
  operation(4, ended)
]

describe("foldPower", () => {
  it("keeps the phases an operation went through, and what it printed", () => {
    const [run] = log.reduce(foldPower, emptyPower).operations
    assert.deepStrictEqual(
      run?.phases.map((each) => each.phase),
      ["accepted", "stopping", "done"]
    )
    assert.strictEqual(run?.output, "a\nb\n")
  })

  it("prints once what arrives twice", () => {
    const twice = log.flatMap((entry) => [entry, entry]).reduce(foldPower, emptyPower)
    assert.deepStrictEqual(twice, log.reduce(foldPower, emptyPower))
  })

  it("lists the newest operation first, whatever comes first", () => {
    const later: Operation = { ...ended, op_id: "2", started_at: "2026-01-01T00:00:09.000Z" }
    const ids = (entries: ReadonlyArray<PowerEntry>) =>
      entries.reduce(foldPower, emptyPower).operations.map((run) => run.op_id)
    assert.deepStrictEqual(ids([operation(0, op), operation(1, later)]), ["2", "1"])
    assert.deepStrictEqual(ids([operation(0, later), operation(1, op)]), ["2", "1"])
  })

  it("keeps an ending that was learned when it is told the way there, and tells that way", () => {
    const learned = learn(emptyPower, ended)
    for (const upTo of [1, 2, 3, 4, 5]) {
      const power = log.slice(0, upTo).reduce(foldPower, learned)
      assert.isUndefined(current(power), `${upTo} told`)
      assert.strictEqual(power.operations[0]?.verified, true)
    }
    assert.deepStrictEqual(
      log.reduce(foldPower, learned).operations[0]?.phases,
      log.reduce(foldPower, emptyPower).operations[0]?.phases
    )
  })

  it("takes another ending for one that was not known", () => {
    const unknown = operation(0, { ...ended, outcome: "unknown" })
    assert.strictEqual([unknown, operation(1, ended)].reduce(foldPower, emptyPower).operations[0]?.outcome, "ok")
  })
})

describe("current", () => {
  const open = (verb: Verb, second: number): Operation => ({
    ...op,
    op_id: `${verb}${second}`,
    verb,
    started_at: `2026-01-01T00:00:0${second}.000Z`
  })
  const over = (verb: Verb, second: number): Operation => ({ ...open(verb, second), ended_at: at, outcome: "ok" })
  const table: ReadonlyArray<
    readonly [fact: string, operations: ReadonlyArray<Operation>, current: string | undefined]
  > = [
    ["nothing runs", [], undefined],
    ["what ended does not run", [over("cycle", 1), over("status", 2)], undefined],
    ["a cycle runs", [open("cycle", 1)], "cycle1"],
    ["a later look does not hide a cycle", [open("cycle", 1), open("status", 2)], "cycle1"],
    ["nor do later forensics", [open("cycle", 1), open("forensics", 2), open("status", 3)], "cycle1"],
    ["nor do earlier ones", [open("forensics", 1), open("start", 2)], "start2"],
    ["a look alone runs", [over("cycle", 1), open("forensics", 2)], "forensics2"]
  ]
  for (const [fact, operations, id] of table) {
    it(fact, () => assert.strictEqual(current(operations.reduce(learn, emptyPower))?.op_id, id))
  }
})

describe("latest", () => {
  const ran = (id: string, started: number, ended: number | null): Operation => ({
    ...op,
    op_id: id,
    verb: id === "cycle" ? "cycle" : "status",
    started_at: `2026-01-01T00:00:0${started}.000Z`,
    ended_at: ended === null ? null : `2026-01-01T00:00:0${ended}.000Z`
  })
  const table: ReadonlyArray<
    readonly [fact: string, operations: ReadonlyArray<Operation>, latest: string | undefined]
  > = [
    ["is nothing of nothing", [], undefined],
    ["is what runs", [ran("cycle", 1, null), ran("look", 2, 3)], "cycle"],
    ["is the cycle that ended, not the look during it", [ran("cycle", 1, 5), ran("look", 2, 3)], "cycle"],
    ["is the look after it", [ran("cycle", 1, 5), ran("look", 6, 7)], "look"]
  ]
  for (const [fact, operations, id] of table) {
    it(fact, () => assert.strictEqual(latest(operations.reduce(learn, emptyPower))?.op_id, id))
  }
})

describe("learn", () => {
  it("takes an ending the stream has not told yet, with the whole output", () => {
    const power = learn(foldPower(emptyPower, operation(0, op)), { ...ended, output: "a\nb\n" })
    assert.strictEqual(power.operations[0]?.outcome, "ok")
    assert.strictEqual(power.operations[0]?.output, "a\nb\n")
  })

  it("does not double output that was asked for before the stream told it", () => {
    const asked = learn(foldPower(emptyPower, operation(0, op)), { ...ended, output: "a\nb\n" })
    assert.strictEqual(log.reduce(foldPower, asked).operations[0]?.output, "a\nb\n")
  })

  it("never turns an ended operation back into a running one", () => {
    const power = log.reduce(foldPower, emptyPower)
    assert.strictEqual(learn(power, op), power)
  })
})
