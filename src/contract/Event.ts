/**
 * The vocabulary of the logs: what the server writes and every client reads.
 * Field names are the wire's (snake_case); a stored event also carries `id` and `at` (see {@link Entry}).
 * New kinds and fields may be added; none may change its meaning.
 */
import { Schema } from "effect"

/** How a turn ended. Exactly one `turn_end` closes every turn. */
export const Outcome = Schema.Literals(["completed", "failed", "cancelled", "timed_out", "interrupted"])
export type Outcome = typeof Outcome.Type

/** Tokens of one turn, as the CLI's `result` counts them. */
export const Usage = Schema.Struct({
  input_tokens: Schema.Number,
  output_tokens: Schema.Number,
  cache_read_input_tokens: Schema.optionalKey(Schema.Number),
  cache_creation_input_tokens: Schema.optionalKey(Schema.Number)
})

/** A prompt was accepted; the first event of a turn. */
const User = Schema.Struct({ kind: Schema.tag("user"), text: Schema.String })

/** The CLI opened or resumed its conversation; `session_id` is the CLI's, not ours. */
const SessionOpened = Schema.Struct({ kind: Schema.tag("session"), session_id: Schema.String })

/** One finished block of prose; replaces the deltas that announced it. */
const Text = Schema.Struct({ kind: Schema.tag("text"), text: Schema.String })

/** A tool was called. `input` is whatever the model sent. */
const Tool = Schema.Struct({
  kind: Schema.tag("tool"),
  name: Schema.String,
  input: Schema.Unknown,
  tool_id: Schema.String
})

/** What the tool printed. `output` may be cut: then `truncated` is true and `output_bytes` is the whole length in UTF-8 bytes. */
const ToolResult = Schema.Struct({
  kind: Schema.tag("tool_result"),
  tool_id: Schema.String,
  is_error: Schema.Boolean,
  output: Schema.String,
  truncated: Schema.Boolean,
  output_bytes: Schema.Int,
  duration_ms: Schema.Int
})

/** The CLI's closing word. `cost_usd` is this turn's alone. A number that the CLI did not say is 0. */
const Result = Schema.Struct({
  kind: Schema.tag("result"),
  is_error: Schema.Boolean,
  result: Schema.String,
  duration_ms: Schema.Number,
  cost_usd: Schema.Number,
  usage: Usage
})

/** Something the operator should know that did not end the turn; `code` is stable, `text` is for people. */
const Notice = Schema.Struct({ kind: Schema.tag("notice"), code: Schema.String, text: Schema.String })

/** Why the turn failed: what happened, what did not, what to do. */
const Failure = Schema.Struct({ kind: Schema.tag("error"), error: Schema.String })

/**
 * The operator's Stop: how many processes of this turn were ended and how many are left.
 * `how` names the rung that ended it; `remote` is about what it ran on the target: `none`, as no ssh of it
 * was let in anywhere; `ended`, none of it runs any more; or `unknown`, as it could not be asked after everywhere.
 */
const Cancelled = Schema.Struct({
  kind: Schema.tag("cancelled"),
  ended: Schema.Int,
  left: Schema.Int,
  how: Schema.String,
  remote: Schema.Literals(["none", "ended", "unknown"])
})

/** Last event of every turn. */
const TurnEnd = Schema.Struct({ kind: Schema.tag("turn_end"), outcome: Outcome })

/** An event of a session's log. */
export const Event = Schema.Union([
  User,
  SessionOpened,
  Text,
  Tool,
  ToolResult,
  Result,
  Notice,
  Failure,
  Cancelled,
  TurnEnd
])
export type Event = typeof Event.Type

/** `id`: 0, 1, 2 … in its own log, without a gap. `at`: ISO 8601, UTC. `redacted`: secrets that were taken out, when any. */
export interface Stamp {
  readonly id: number
  readonly at: string
  readonly redacted?: number
}

/** An event as it is stored and sent. */
export type Entry = Event & Stamp

/** Prose while it is written: sent as `event: delta`, never stored. A client that attaches gets the block so far. */
export interface Delta {
  readonly text: string
}

/** A tool is running: sent as `event: progress`, never stored. */
export interface Progress {
  readonly tool_id: string
  readonly name: string
  readonly elapsed_ms: number
}
