/** Operations for tests, as the wire and as the page hold them: a power cycle by anna. */
import type { Operation } from "../../../src/contract/Power.ts"
import type { Run } from "../../../web/power/power.ts"

/** So many seconds into the first day of 2026. */
export const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString()

/** One that has just begun, but for what is changed. */
export const operation = (change: Partial<Operation> = {}): Operation => ({
  op_id: "11111111-1111-4111-8111-111111111111",
  verb: "cycle",
  actor: "anna",
  started_at: at(0),
  ended_at: null,
  phase: "accepted",
  outcome: null,
  exit_code: null,
  output: "",
  verified: null,
  evidence: "",
  ...change
})

/** One that went well, as the page holds it. */
export const run = (change: Partial<Run> = {}): Run => ({
  ...operation({ op_id: "1", ended_at: at(40), phase: "done", outcome: "ok", exit_code: 0 }),
  phases: [],
  streamed: "",
  ...change
})
