import { assert, describe, it } from "@effect/vitest"
import type { Operation } from "../../src/contract/Pve.ts"
import { current, emptyPower, foldPower, learn, type PowerEntry } from "../../web/power.ts"

const op: Operation = {
  op_id: "1",
  verb: "cycle",
  actor: "anna",
  started_at: "2026-01-01T00:00:00.000Z",
  ended_at: null,
  phase: "accepted",
  outcome: null,
  exit_code: null,
  output: "",
  verified: null,
  evidence: ""
}
const at = "2026-01-01T00:00:01.000Z"
const ended: Operation = { ...op, phase: "done", ended_at: at, outcome: "ok", verified: true }
const operation = (id: number, of: Operation): PowerEntry => ({ kind: "operation", op: of, id, at })
const output = (id: number, text: string): PowerEntry => ({ kind: "output", op_id: "1", text, id, at })
const log = [
  operation(0, op),
  output(1, "a\n"),
  operation(2, { ...op, phase: "stopping" }),
  output(3, "b\n"),
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

  it("knows what runs now", () => {
    assert.strictEqual(current(foldPower(emptyPower, operation(0, op)))?.op_id, "1")
    assert.strictEqual(current(log.reduce(foldPower, emptyPower)), undefined)
  })
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
