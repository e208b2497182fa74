/**
 * What the Claude CLI says on stdout with `--output-format stream-json --include-partial-messages`, one JSON object a
 * line; measured on 2.1.197 and 2.1.332. Only the fields that are read are declared. A `tolerant` one may be absent, null or of
 * another type, and the line is read without it. A line of another kind, or without a field that is not tolerant, is `None`,
 * never an error: the CLI adds kinds of line without notice.
 */
import { Effect, type Option, Schema } from "effect"
import { conversationId } from "./command.ts"

/** Absent when it is not what it was measured to be. */
const tolerant = <S extends Schema.Constraint>(schema: S) =>
  Schema.optionalKey(Schema.catchDecoding<S>(() => Effect.succeedNone)(schema))

/** Start of each turn (not of the process). `session_id` may differ from the one asked for. It becomes an argument. */
const Init = Schema.Struct({
  type: Schema.tag("system"),
  subtype: Schema.tag("init"),
  session_id: tolerant(Schema.String.check(Schema.isPattern(conversationId)))
})

/** Before each wait between tries of the model API. `error_status` is null when there was no HTTP answer. */
const ApiRetry = Schema.Struct({
  type: Schema.tag("system"),
  subtype: Schema.tag("api_retry"),
  attempt: tolerant(Schema.Finite),
  max_retries: tolerant(Schema.Finite),
  error_status: tolerant(Schema.NullOr(Schema.Finite))
})

/**
 * "compacting" while the CLI has the model summarise a conversation that grew too long; 2.1.332 says it again every 30 s
 * until that ends. Then null, with how it ended. "requesting" before each request.
 */
const Status = Schema.Struct({
  type: Schema.tag("system"),
  subtype: Schema.tag("status"),
  status: tolerant(Schema.String),
  compact_result: tolerant(Schema.String),
  compact_error: tolerant(Schema.String)
})

/** The summary has taken the place of the conversation before it. */
const CompactBoundary = Schema.Struct({ type: Schema.tag("system"), subtype: Schema.tag("compact_boundary") })

const TextBlock = Schema.Struct({ type: Schema.tag("text"), text: Schema.String })
const ToolUse = Schema.Struct({
  type: Schema.tag("tool_use"),
  id: Schema.String,
  name: Schema.String,
  input: Schema.optionalKey(Schema.Unknown)
})
const Kind = Schema.Struct({ type: Schema.String })
/** Any other block: one that cannot be read must not make the whole line unreadable. */
const OtherBlock = Schema.catchDecoding<typeof Kind>(() => Effect.succeedSome({ type: "unknown" }))(Kind)

/** One line per content block; authoritative over the deltas before it. */
const Assistant = Schema.Struct({
  type: Schema.tag("assistant"),
  message: Schema.Struct({
    content: Schema.Array(Schema.Union([TextBlock, ToolUse, OtherBlock]))
  })
})

/** `content` is a string, or blocks of which only text can be shown. */
const ToolResult = Schema.Struct({
  type: Schema.tag("tool_result"),
  tool_use_id: Schema.String,
  content: tolerant(Schema.Union([Schema.String, Schema.Array(Schema.Union([TextBlock, OtherBlock]))])),
  is_error: tolerant(Schema.Boolean)
})

/** Finished tools, in completion order. Its text blocks are the CLI's notes, not the operator's words. */
const User = Schema.Struct({
  type: Schema.tag("user"),
  message: Schema.Struct({
    content: Schema.Union([Schema.String, Schema.Array(Schema.Union([ToolResult, OtherBlock]))])
  })
})

const Usage = Schema.Struct({
  input_tokens: tolerant(Schema.Finite),
  output_tokens: tolerant(Schema.Finite),
  cache_read_input_tokens: tolerant(Schema.Finite),
  cache_creation_input_tokens: tolerant(Schema.Finite)
})

/**
 * End of a turn, whatever else it says. `is_error` is the verdict (see `failed`): `subtype` says "success" for every API
 * failure too. `result` is there only with that subtype, `errors` only with the others; `total_cost_usd` counts up per
 * process.
 */
const Result = Schema.Struct({
  type: Schema.tag("result"),
  subtype: tolerant(Schema.String),
  is_error: tolerant(Schema.Boolean),
  duration_ms: tolerant(Schema.Finite),
  total_cost_usd: tolerant(Schema.Finite),
  usage: tolerant(Usage),
  result: tolerant(Schema.String),
  errors: tolerant(Schema.Array(Schema.Unknown)),
  api_error_status: tolerant(Schema.NullOr(Schema.Finite)),
  terminal_reason: tolerant(Schema.String)
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

export const Message = Schema.Union([
  Init,
  ApiRetry,
  Status,
  CompactBoundary,
  Assistant,
  User,
  Result,
  TextDelta,
  StreamEvent
])
export type Message = typeof Message.Type
export type Result = typeof Result.Type

export const decodeLine: (line: string) => Option.Option<Message> = Schema.decodeUnknownOption(
  Schema.fromJsonString(Message)
)

/** Without `is_error` a turn went well only if nothing else says that it did not. */
export const failed = ({ is_error, subtype, api_error_status }: Result): boolean =>
  is_error ?? (subtype !== "success" || typeof api_error_status === "number")

/** What went wrong, in the CLI's own words; "" when it does not say. */
export const complaint = ({ errors = [] }: Result): string =>
  errors.filter((error) => typeof error === "string").join("\n")
