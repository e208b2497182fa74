/** An operation as the page holds it: a cycle by anna that went well, but for what is changed. */
import type { Run } from "../../../web/power/power.ts"

/** So many seconds into the first day of 2026. */
export const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString()

export const run = (change: Partial<Run> = {}): Run => ({
  op_id: "1",
  verb: "cycle",
  actor: "anna",
  started_at: at(0),
  ended_at: at(40),
  phase: "done",
  outcome: "ok",
  exit_code: 0,
  output: "",
  verified: null,
  evidence: "",
  phases: [],
  streamed: "",
  ...change
})
