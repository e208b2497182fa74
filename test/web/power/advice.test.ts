/** What is recommended in each state: the power cut only for a VM that is known to hang. */
import { assert, describe, it } from "@effect/vitest"
import { operation } from "../../support/power/runs.ts"
import type { Operation, Status, Verb } from "../../../src/contract/Power.ts"
import { advised } from "../../../web/power/advice.ts"
import { emptyPower, learn } from "../../../web/power/power.ts"

const now = Date.UTC(2026, 0, 1)
const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString()
const seen = (pattern: string): Status => ({
  pattern: pattern as Status["pattern"],
  text: "",
  observed_at: ago(1),
  probes: []
})
const run = (seconds: number, more: Partial<Operation> = {}): Operation =>
  operation({
    ...{ op_id: `op${seconds}`, started_at: ago(seconds + 20), ended_at: ago(seconds) },
    ...{ phase: "done", outcome: "ok", exit_code: 0, verified: true, ...more }
  })
const stalled = seen("qemu_stalled")
const check = (seconds: number) => run(seconds, { verb: "status", verified: null })
const unkillable = run(60, { outcome: "failed", exit_code: 20, verified: null })
const running: Partial<Operation> = { ended_at: null, outcome: null, exit_code: null, verified: null }

const refused = run(60, {
  outcome: "rejected",
  exit_code: 2,
  verified: null,
  evidence: "No quorum. The stop would work and the start would not. Use reset: it keeps QEMU."
})
const elsewhere = run(60, { ...refused, evidence: "not on this host: it is on node pve2" })

interface Row {
  readonly when: string
  readonly status?: Status
  readonly runs?: ReadonlyArray<Operation>
  readonly stale?: true
  readonly verb: Verb | undefined
}
const table: ReadonlyArray<Row> = [
  { when: "QEMU is stalled", status: stalled, verb: "cycle" },
  { when: "its disk is stalled", status: seen("disk_stalled"), verb: "cycle" },
  { when: "it is off", status: seen("off"), verb: "start" },
  { when: "it is well", status: seen("healthy"), verb: undefined },
  { when: "it is slow", status: seen("swap_crawl"), verb: "status" },
  { when: "only our key is refused, or nothing is understood", status: seen("unknown"), verb: "status" },
  { when: "its host does not answer", status: seen("host_unreachable"), verb: "status" },
  { when: "it is not on this host", status: seen("not_here"), verb: "status" },
  { when: "this page does not know the pattern", status: seen("constructor"), verb: "status" },
  { when: "nothing was observed yet", verb: "status" },
  { when: "what was observed is old", status: stalled, stale: true, verb: "status" },
  { when: "a cycle runs", status: stalled, runs: [run(0, running)], verb: undefined },
  { when: "a check runs", status: stalled, runs: [run(0, { ...running, verb: "status" })], verb: undefined },
  { when: "a cycle was verified and it hangs again", status: stalled, runs: [run(60)], verb: "cycle" },
  { when: "a cycle was verified just now", runs: [run(2)], verb: undefined },
  { when: "a stop was verified just now", runs: [run(2, { verb: "stop" })], verb: "start" },
  { when: "a cycle was not verified", status: stalled, runs: [run(60, { verified: false })], verb: "status" },
  { when: "a cycle's result is unknown", status: stalled, runs: [run(60, { outcome: "unknown" })], verb: "status" },
  { when: "that was checked since", status: stalled, runs: [run(60, { outcome: "unknown" }), check(9)], verb: "cycle" },
  { when: "that was another night", status: stalled, runs: [run(9000, { outcome: "unknown" })], verb: "cycle" },
  {
    when: "the host could not be reached",
    status: stalled,
    runs: [run(60, { outcome: "unreachable" })],
    verb: "status"
  },
  { when: "the host refused our key", status: stalled, runs: [run(60, { outcome: "auth" })], verb: "status" },
  { when: "the host refused the cycle and has a reset left", status: stalled, runs: [refused], verb: "reset" },
  { when: "so, and it was checked", status: stalled, runs: [refused, check(9)], verb: "reset" },
  {
    when: "so, and the check did not get there",
    status: stalled,
    runs: [refused, run(9, { verb: "status", outcome: "unreachable" })],
    verb: "status"
  },
  { when: "so, and it is well", status: seen("healthy"), runs: [refused], verb: "status" },
  { when: "so, and what was observed is old", status: stalled, runs: [refused], stale: true, verb: "status" },
  { when: "so, and it was reset since", status: stalled, runs: [refused, run(30, { verb: "reset" })], verb: "cycle" },
  {
    when: "so in another night",
    status: stalled,
    runs: [{ ...refused, started_at: ago(9000), ended_at: ago(8990) }],
    verb: "cycle"
  },
  { when: "the host refused the cycle and has nothing left", status: stalled, runs: [elsewhere], verb: "status" },
  { when: "no signal ends QEMU", status: stalled, runs: [unkillable], verb: "status" },
  { when: "no signal ends QEMU, and it was checked", status: stalled, runs: [unkillable, check(9)], verb: "status" }
]

describe("what is recommended", () => {
  for (const { when, status, runs = [], stale, verb } of table) {
    it(`when ${when}: ${verb ?? "nothing"}`, () => {
      const power = { ...runs.reduce(learn, emptyPower), status }
      assert.strictEqual(advised(power, stale !== true, now), verb)
    })
  }
})
