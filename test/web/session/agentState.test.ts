/** What the strip and the VM controls say of the agent: never more than is known. */
import { assert, describe, it } from "@effect/vitest"
import type { SessionRow } from "../../../web/link/api.ts"
import { type AgentKnowledge, agentState, interruptionWarning, worksIn } from "../../../web/session/agentState.ts"
import { at } from "../../support/power/runs.ts"

const row = (session_id: string, turn_active: boolean) => ({ session_id, turn_active }) as SessionRow
const turn = { id: 1, at: at(0) }
const idle = { id: "a", current: true, turn: undefined }
const working = { ...idle, turn }
const known: AgentKnowledge = {
  open: undefined,
  rows: [],
  fresh: true,
  serverNow: Date.parse(at(65)),
  unheard: "7 s"
}
const cutOff = "The agent is working: its commands on the VM are cut off too."
const elsewhere = "The agent is working in another session."
const isIdle = "The agent is idle."
const unclear = "It is unknown whether the agent is working."

const rows: ReadonlyArray<
  readonly [fact: string, knowing: Partial<AgentKnowledge>, word: string, age: string, warning: string]
> = [
  ["at home, nothing works", { rows: [row("a", false)] }, "Idle", "", isIdle],
  ["at home, one session works", { rows: [row("a", true), row("b", false)] }, "1 working", "", elsewhere],
  ["at home, the list has not come", { rows: undefined }, "Unknown", "7 s", unclear],
  ["at home, the list is the saved one", { rows: [row("a", false)], fresh: false }, "Unknown", "7 s", unclear],
  ["the open session works", { open: working }, "Working", "1:05", cutOff],
  ["the open session is idle", { open: idle }, "Idle", "", isIdle],
  ["another one works", { open: idle, rows: [row("a", false), row("b", true)] }, "Idle", "", elsewhere],
  ["its log is not read to its end", { open: { ...idle, current: false } }, "Unknown", "7 s", unclear],
  ["it was working when last seen", { open: { ...working, current: false } }, "Unknown", "7 s", cutOff]
]

describe("the agent's state", () => {
  for (const [fact, knowing, word, age, warning] of rows) {
    it(`${fact}: ${word}; ${warning}`, () => {
      const state = agentState({ ...known, ...knowing })
      assert.deepStrictEqual([state.word, state.age], [word, age])
      assert.strictEqual(interruptionWarning({ ...known, ...knowing }), warning)
    })
  }

  it("of the open session its log is believed, once it has been read to its end; of others the list", () => {
    assert.isTrue(worksIn(working, row("a", false)))
    assert.isFalse(worksIn(idle, row("a", true)))
    assert.isTrue(worksIn({ ...idle, current: false }, row("a", true)))
    assert.isTrue(worksIn(idle, row("b", true)))
    assert.isTrue(worksIn(undefined, row("b", true)))
  })
})
