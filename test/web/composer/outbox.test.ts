import { afterEach, assert, describe, it, vi } from "@effect/vitest"
import { signal } from "@preact/signals"
import type { Answer, Prompt } from "../../../web/link/api.ts"
import {
  arrived,
  change,
  due,
  held,
  type Outbox,
  type SendGate,
  restored,
  without,
  written
} from "../../../web/composer/outbox.ts"

const idle: SendGate = { last: 9, running: false, ended: undefined, current: true, signedOut: false }
const one = written("look", "sonnet", "1", 9)
const two = written("and then", "sonnet", "2", 9)
const after = (outcome: "completed" | "cancelled" | "failed", id = 12): SendGate => ({
  ...idle,
  last: id,
  ended: { id, outcome }
})

const table: ReadonlyArray<readonly [fact: string, outbox: Outbox, gate: SendGate, due: string | undefined]> = [
  ["sends at once to an idle session", [one, two], idle, "1"],
  ["sends to a session it cannot follow", [one], { ...idle, current: false }, "1"],
  ["waits while a turn runs", [one], { ...idle, running: true }, undefined],
  ["waits for a sign-in", [one], { ...idle, signedOut: true }, undefined],
  ["sends one at a time", change([one, two], "1", { state: "sending" }), idle, undefined],
  ["sends after a turn that completed", [one], after("completed"), "1"],
  ["holds what was written before a Stop", [one], after("cancelled"), undefined],
  ["holds what was written before a failure", [one], after("failed"), undefined],
  ["sends what was written after a Stop", [written("x", "sonnet", "3", 12)], after("cancelled"), "3"],
  ["sends what was held once it is let go", change([one], "1", { since: 12 }), after("cancelled"), "1"],
  ["does not pass what is held", [one, written("x", "sonnet", "3", 12)], after("cancelled"), undefined],
  ["does not pass what was refused", change([one, two], "1", { state: "failed" }), idle, undefined],
  ["does not ask again at the same place of the log", change([one], "1", { refusedAt: 9 }), idle, undefined],
  ["asks again when the log has moved", change([one], "1", { refusedAt: 8 }), idle, "1"],
  ["asks again what was not answered", change([one], "1", { state: "unsure" }), idle, "1"],
  ["not before the log was read", change([one], "1", { state: "unsure" }), { ...idle, current: false }, undefined]
]

const turnRuns: Answer<never> = { ok: false, status: 409, detail: "", signedOut: false }

describe("the outbox", () => {
  // Other files share this worker.
  afterEach(() => void vi.unstubAllGlobals())

  it("asks again what was refused for a turn that had ended before the refusal came", async () => {
    vi.stubGlobal("window", new EventTarget())
    const { OutboxModel } = await import("../../../web/composer/OutboxModel.ts")
    const gate = signal(idle)
    let refuse = (_answer: Answer<never>) => {}
    const asked: Array<string> = []
    await new Promise<void>((again) => {
      const prompt = ({ prompt_id }: Prompt) => {
        if (asked.push(prompt_id) > 1) again()
        return new Promise<Answer<never>>((settle) => (refuse = settle))
      }
      new OutboxModel({ key: "outbox", gate, prompt }).queue("look", "sonnet")
      gate.value = after("completed")
      refuse(turnRuns)
    })
    assert.strictEqual(new Set(asked).size, 1)
  })

  for (const [fact, outbox, gate, expected] of table) {
    it(fact, () => assert.strictEqual(due(outbox, gate)?.prompt_id, expected))
  }

  it("says why it holds", () => {
    assert.strictEqual(held(one, after("cancelled")), "cancelled")
    assert.strictEqual(held(one, after("completed")), undefined)
    assert.strictEqual(held(one, after("cancelled", 8)), undefined)
  })

  it("drops what the log has, once, and only what was on its way", () => {
    const unsure = change([one, written("look", "sonnet", "2", 9)], "1", { state: "unsure" })
    assert.deepStrictEqual(
      arrived(unsure, "look", 10).map((item) => item.prompt_id),
      ["2"]
    )
    assert.strictEqual(arrived(unsure, "look", 9), unsure)
    assert.strictEqual(arrived([one], "look", 10).length, 1)
  })

  it("takes one out and leaves the others", () => {
    assert.deepStrictEqual(without([one, two], "1"), [two])
  })

  it("comes back from storage unsure of what was on its way, and empty from rubbish", () => {
    const kept = JSON.stringify(change([one, two], "1", { state: "sending" }))
    assert.deepStrictEqual(
      restored(kept).map((item) => item.state),
      ["unsure", "waiting"]
    )
    for (const rubbish of ["", "{", "{}", "null", "7"]) assert.deepStrictEqual(restored(rubbish), [])
  })
})
