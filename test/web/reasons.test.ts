/** What the page says of the VM, and what can be pressed: tables over what is known. */
import { assert, describe, it } from "@effect/vitest"
import type { Operation, Verb } from "../../src/contract/Pve.ts"
import type { AppState } from "../../web/AppModel.ts"
import { current, emptyPower, learn } from "../../web/power.ts"
import { reason } from "../../web/reasons.ts"
import { vmOf } from "../../web/states.ts"

const now = Date.UTC(2026, 0, 1)
const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString()
const open = (verb: Verb, seconds: number): Operation => ({
  op_id: `${verb}${seconds}`,
  verb,
  actor: "anna",
  started_at: ago(seconds),
  ended_at: null,
  phase: "accepted",
  outcome: null,
  exit_code: null,
  output: "",
  verified: null,
  evidence: ""
})

/** The parts of the page's knowledge that these rooms read. */
const app = (operations: ReadonlyArray<Operation>): AppState => {
  const power = operations.reduce(learn, emptyPower)
  const known = {
    info: { value: { target: "devvm" } },
    signedOut: { value: false },
    online: { value: true },
    serverNow: { value: now },
    power: {
      power: { value: power },
      current: { value: current(power) },
      asking: { value: undefined },
      link: { value: { state: "live" } }
    }
  }
  return known as unknown as AppState
}

const free = ""
const cycling = "cycle is running, by anna."
const table: ReadonlyArray<readonly [operations: ReadonlyArray<Operation>, word: string, why: string]> = [
  [[], "Not known", free],
  [[open("cycle", 42)], "cycle…", cycling],
  [[open("cycle", 42), open("status", 3)], "cycle…", cycling],
  [[open("cycle", 42), open("forensics", 3)], "cycle…", cycling],
  [[open("forensics", 42)], "forensics…", free],
  [[open("status", 3)], "Not known", free]
]

describe("what runs on the VM", () => {
  for (const [operations, word, why] of table) {
    const running = operations.map(({ verb }) => verb).join(" and ") || "nothing"
    it(`while ${running} runs the strip says ${word}, and ${why === free ? "any verb" : "only a look"} can be asked for`, () => {
      const known = app(operations)
      assert.strictEqual(vmOf(known).word, word)
      for (const verb of ["cycle", "reset", "start", "stop"] as const) assert.strictEqual(reason(known, verb), why)
      for (const verb of ["status", "forensics"] as const) assert.strictEqual(reason(known, verb), free)
    })
  }
})
