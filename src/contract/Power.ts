/** The power vocabulary: verbs, operations and what is observed of the VM. */
import { Schema } from "effect"

/** What the hypervisor host can be asked to do, sorted. */
export const verbs = ["cycle", "forensics", "reset", "start", "status", "stop"] as const
export const Verb = Schema.Literals(verbs)
export type Verb = typeof Verb.Type

/** The verbs that change the VM; each needs `confirm`. */
export const mutating = ["cycle", "reset", "start", "stop"] as const satisfies ReadonlyArray<Verb>

/** How an operation ended. `unknown` is an answer: the host was not reached to say. */
export const OpOutcome = Schema.Literals([
  "ok",
  "failed",
  "rejected",
  "busy",
  "unreachable",
  "host_key",
  "auth",
  "unknown"
])
export type OpOutcome = typeof OpOutcome.Type

/** One run of one verb. Times are ISO 8601, UTC; what is not known yet is null. */
export const Operation = Schema.Struct({
  op_id: Schema.String,
  verb: Verb,
  actor: Schema.String,
  started_at: Schema.String,
  ended_at: Schema.NullOr(Schema.String),
  phase: Schema.String,
  outcome: Schema.NullOr(OpOutcome),
  exit_code: Schema.NullOr(Schema.Int),
  output: Schema.String,
  /** Read back after a mutating verb: true, false, or null when it was not (or not yet) read. */
  verified: Schema.NullOr(Schema.Boolean),
  /** The line that `verified` rests on. */
  evidence: Schema.String
})
export type Operation = typeof Operation.Type

/** An event of the VM's own log: an operation moved on, or printed. `op` is the operation without its output. */
export const VmEvent = Schema.Union([
  Schema.Struct({ kind: Schema.tag("operation"), op: Operation }),
  Schema.Struct({ kind: Schema.tag("output"), op_id: Schema.String, text: Schema.String })
])
export type VmEvent = typeof VmEvent.Type

/**
 * What the probes together look like; see `breakglass/observe/diagnose.ts`. There may come more: a client shows one that it does not
 * know as `unknown`, with the status's own `text`.
 */
export const patterns = [
  "healthy",
  "off",
  "host_unreachable",
  "not_here",
  "disk_stalled",
  "qemu_stalled",
  "swap_crawl",
  "unknown"
] as const
export type Pattern = (typeof patterns)[number]

/** One look at one leg. `state` is a short word: what it answered, or why it did not; `not_here` with the place after ": ". */
export interface Probe {
  readonly probe: "pve" | "tcp22" | "ssh" | "disk"
  readonly state: string
  readonly took_ms: number
  /** What there is to say besides: why ssh was refused, in its own words; figures of the target's. At most 300 characters. */
  readonly said?: string
}

/** What was seen of the VM, and when; sent as `event: status`, never stored. */
export interface Status {
  readonly pattern: Pattern
  readonly text: string
  readonly observed_at: string
  readonly probes: ReadonlyArray<Probe>
}
