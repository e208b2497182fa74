/**
 * What the Claude CLI says on stdout with `--output-format stream-json --include-partial-messages`, one JSON object a
 * line; measured on 2.1.197. Only the fields that are read are declared. Any other line is `None`, never an error: the
 * CLI adds kinds of line without notice.
 */
import { type Option, Schema } from "effect"

const optional = Schema.optionalKey

/** Start of each turn (not of the process). `session_id` may differ from the one asked for. */
const Init = Schema.Struct({
  type: Schema.tag("system"),
  subtype: Schema.tag("init"),
  session_id: Schema.String,
  tools: optional(Schema.Array(Schema.String))
})

/** Before each wait between tries of the model API. `error_status` is null when there was no HTTP answer. */
const ApiRetry = Schema.Struct({
  type: Schema.tag("system"),
  subtype: Schema.tag("api_retry"),
  attempt: Schema.Number,
  max_retries: Schema.Number,
  error_status: Schema.NullOr(Schema.Number)
})

const TextBlock = Schema.Struct({ type: Schema.tag("text"), text: Schema.String })
const ToolUse = Schema.Struct({
  type: Schema.tag("tool_use"),
  id: Schema.String,
  name: Schema.String,
  input: Schema.Unknown
})
const OtherBlock = Schema.Struct({ type: Schema.String })

/** One line per content block; authoritative over the deltas before it. `error` marks the CLI's own words. */
const Assistant = Schema.Struct({
  type: Schema.tag("assistant"),
  message: Schema.Struct({ content: Schema.Array(Schema.Union([TextBlock, ToolUse, OtherBlock])) }),
  error: optional(Schema.String)
})

/** `content` is a string, or blocks of which only text can be shown. `is_error` may be absent. */
const ToolResult = Schema.Struct({
  type: Schema.tag("tool_result"),
  tool_use_id: Schema.String,
  content: optional(Schema.Union([Schema.String, Schema.Array(Schema.Union([TextBlock, OtherBlock]))])),
  is_error: optional(Schema.Boolean)
})

/** Finished tools, in completion order. Its text blocks are the CLI's notes, not the operator's words. */
const User = Schema.Struct({
  type: Schema.tag("user"),
  message: Schema.Struct({
    content: Schema.Union([Schema.String, Schema.Array(Schema.Union([ToolResult, OtherBlock]))])
  })
})

const Usage = Schema.Struct({
  input_tokens: Schema.Number,
  output_tokens: Schema.Number,
  cache_read_input_tokens: optional(Schema.Number),
  cache_creation_input_tokens: optional(Schema.Number)
})

/**
 * End of a turn. `is_error` is the verdict: `subtype` says "success" for every API failure too. `result` is there only
 * with that subtype, `errors` only with the others; `total_cost_usd` counts up per process.
 */
const Result = Schema.Struct({
  type: Schema.tag("result"),
  subtype: Schema.String,
  is_error: Schema.Boolean,
  duration_ms: Schema.Number,
  total_cost_usd: Schema.Number,
  usage: Usage,
  result: optional(Schema.String),
  errors: optional(Schema.Array(Schema.String)),
  api_error_status: optional(Schema.NullOr(Schema.Number)),
  terminal_reason: optional(Schema.String)
})

/** Prose while it is written. */
const TextDelta = Schema.Struct({
  type: Schema.tag("stream_event"),
  event: Schema.Struct({
    type: Schema.tag("content_block_delta"),
    delta: Schema.Struct({ type: Schema.tag("text_delta"), text: Schema.String })
  })
})

/** Any other sign of life while the model writes (thinking, tool input): it resets the silence clock. */
const StreamEvent = Schema.Struct({ type: Schema.tag("stream_event") })

export const Message = Schema.Union([Init, ApiRetry, Assistant, User, Result, TextDelta, StreamEvent])
export type Message = typeof Message.Type
export type Result = typeof Result.Type

export const decodeLine: (line: string) => Option.Option<Message> = Schema.decodeUnknownOption(
  Schema.fromJsonString(Message)
)
