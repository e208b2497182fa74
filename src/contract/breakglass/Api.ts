/**
 * The routes, what they take and answer, and their errors with statuses. Declarations only; nothing here runs.
 * Errors are RFC 9457 problems: they say what happened and what did not, and hold no path, argv, prompt or secret.
 */
import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware, HttpApiSchema, OpenApi } from "effect/http-api"
import { RequireOperator } from "../Operator.ts"
import { mutating, Operation, Verb, verbs } from "../Power.ts"
import {
  BadRequest,
  Forbidden,
  Misdirected,
  NotFound,
  Problem,
  TooLarge,
  TooManyAttempts,
  Unauthenticated,
  urn,
  WrongContentType
} from "../Problem.ts"

export class TurnInProgress extends Problem<TurnInProgress>()("TurnInProgress", {
  type: urn("turn-in-progress"),
  status: 409,
  title: "A turn is running"
}) {}
export class TooManyTurns extends Problem<TooManyTurns>()("TooManyTurns", {
  type: urn("too-many-turns"),
  status: 429,
  title: "Too many turns at once"
}) {}
/** Another mutating operation runs, or as many looks of this asker's as may; which, whose and since when. */
export class OperationBusy extends Problem<OperationBusy>()(
  "OperationBusy",
  { type: urn("operation-busy"), status: 409, title: "Another operation is running" },
  { verb: Verb, actor: Schema.String, started_at: Schema.String, op_id: Schema.String }
) {}
export class OperationIdTaken extends Problem<OperationIdTaken>()("OperationIdTaken", {
  type: urn("operation-id-taken"),
  status: 409,
  title: "The op_id belongs to another operation"
}) {}
export class JournalUnavailable extends Problem<JournalUnavailable>()("JournalUnavailable", {
  type: urn("journal-unavailable"),
  status: 503,
  title: "The journal cannot be written"
}) {}

/** The VM may have a screen, and it was not seen; why. */
export class NoPicture extends Problem<NoPicture>()("NoPicture", {
  type: urn("no-picture"),
  status: 502,
  title: "The screen could not be looked at"
}) {}

/** The agent's program is not one that this server can drive. */
export class AgentUnavailable extends Problem<AgentUnavailable>()("AgentUnavailable", {
  type: urn("agent-unavailable"),
  status: 503,
  title: "The agent cannot be started"
}) {}

/** A session, as `tmux ls` would show it. `turn_active` is derived from a live fiber. */
export const SessionRow = Schema.Struct({
  session_id: Schema.String,
  title: Schema.String,
  created_at: Schema.String,
  last_event_at: Schema.NullOr(Schema.String),
  last_event_id: Schema.NullOr(Schema.Int),
  turn_active: Schema.Boolean,
  /** Left out of the list, unless it is asked for. */
  archived: Schema.Boolean
})
export type SessionRow = typeof SessionRow.Type

/** UTF-8 bytes of a prompt; one more is 413. */
export const promptLimit = 64 * 1024

const Prompt = Schema.Struct({
  prompt: Schema.String,
  model: Schema.optionalKey(Schema.String),
  /** Sent again with the same id, a prompt is answered as before and starts no second turn. */
  prompt_id: Schema.optionalKey(Schema.String.pipe(Schema.check(Schema.isPattern(/^[A-Za-z0-9_-]{1,64}$/))))
})

// Any text: an id that is no UUID is a session that does not exist, not a malformed request.
const id = { id: Schema.String }

const text = (contentType: string) => Schema.String.pipe(HttpApiSchema.asText({ contentType }))
const EventStream = HttpApiSchema.WithHeaders(HttpApiSchema.StreamUint8Array({ contentType: "text/event-stream" }), {
  "cache-control": Schema.String,
  "x-accel-buffering": Schema.String
})
const place = {
  headers: { "last-event-id": Schema.optional(Schema.String) },
  query: { after: Schema.optional(Schema.String), poll: Schema.optional(Schema.String) }
}

const sessions = HttpApiGroup.make("sessions")
  .add(
    HttpApiEndpoint.post("create", "/api/session", {
      success: Schema.Struct({ session_id: Schema.String }),
      error: JournalUnavailable
    }),
    // Newest activity first, a page at a time: 50, or `limit` up to 999, behind `before`, the `next` of the page before.
    HttpApiEndpoint.get("list", "/api/session", {
      query: {
        limit: Schema.optional(Schema.String.pipe(Schema.check(Schema.isPattern(/^[1-9][0-9]{0,2}$/)))),
        before: Schema.optional(Schema.String.pipe(Schema.check(Schema.isPattern(/_/)))),
        archived: Schema.optional(Schema.Literals(["0", "1"]))
      },
      success: Schema.Struct({
        sessions: Schema.Array(SessionRow),
        /** Where the next page begins; null at the end. */
        next: Schema.NullOr(Schema.String),
        /** Over all sessions: a prompt at the limit is answered 429. */
        turns: Schema.Struct({ running: Schema.Int, limit: Schema.Int })
      }),
      error: JournalUnavailable
    }),
    HttpApiEndpoint.get("get", "/api/session/:id", {
      params: id,
      success: SessionRow,
      error: [NotFound, JournalUnavailable]
    }),
    // An archived session is all there; the list leaves it out.
    HttpApiEndpoint.patch("archive", "/api/session/:id", {
      params: id,
      payload: Schema.Struct({ archived: Schema.Boolean }),
      success: SessionRow,
      error: [NotFound, JournalUnavailable]
    }),
    // For good: its events, what was cut from them and what the agent's CLI remembers of it.
    HttpApiEndpoint.delete("delete", "/api/session/:id", {
      params: id,
      success: Schema.Struct({ status: Schema.Literal("deleted") }),
      error: [NotFound, TurnInProgress, JournalUnavailable]
    }),
    HttpApiEndpoint.get("stream", "/api/session/:id/stream", {
      params: id,
      ...place,
      success: EventStream,
      error: [NotFound, JournalUnavailable]
    }),
    HttpApiEndpoint.post("prompt", "/api/session/:id/prompt", {
      params: id,
      payload: Prompt,
      success: Schema.Struct({ status: Schema.Literal("started") }),
      error: [BadRequest, NotFound, TooLarge, TurnInProgress, TooManyTurns, JournalUnavailable, AgentUnavailable]
    }),
    HttpApiEndpoint.post("cancel", "/api/session/:id/cancel", {
      params: id,
      success: Schema.Struct({ cancelled: Schema.Boolean }),
      error: [NotFound, JournalUnavailable]
    }),
    HttpApiEndpoint.get("export", "/api/session/:id/export", {
      params: id,
      success: text("text/markdown; charset=utf-8"),
      error: [NotFound, JournalUnavailable]
    }),
    HttpApiEndpoint.get("full", "/api/session/:id/events/:event/full", {
      params: { ...id, event: Schema.String },
      success: text("text/plain; charset=utf-8"),
      error: [NotFound, JournalUnavailable]
    })
  )
  .middleware(RequireOperator)

/** What scripts and the clients of the system before this one read. */
export const VerbAnswer = Schema.Struct({
  verb: Verb,
  exit_code: Schema.NullOr(Schema.Int),
  stdout: Schema.String,
  stderr: Schema.String,
  rejected: Schema.Boolean
})

const pve = HttpApiGroup.make("pve")
  .add(
    HttpApiEndpoint.get("verbs", "/api/pve/verbs", {
      success: Schema.Struct({
        verbs: Schema.Array(Schema.Literals(verbs)),
        mutating: Schema.Array(Schema.Literals(mutating))
      })
    }),
    HttpApiEndpoint.get("stream", "/api/pve/stream", { ...place, success: EventStream }),
    // What the VM's own screen shows now; 404 when there is none. Not a verb: nothing waits for it, nothing is kept.
    HttpApiEndpoint.get("screen", "/api/pve/screen", {
      success: HttpApiSchema.WithHeaders(
        Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array({ contentType: "image/png" })),
        { "cache-control": Schema.String, "content-disposition": Schema.String }
      ),
      error: [NotFound, NoPicture]
    }),
    HttpApiEndpoint.get("operations", "/api/pve/ops", {
      success: Schema.Struct({ operations: Schema.Array(Operation) })
    }),
    HttpApiEndpoint.get("operation", "/api/pve/ops/:op_id", {
      params: { op_id: Schema.String },
      success: Operation,
      error: NotFound
    }),
    // What changed between the evidence of two operations, section by section.
    HttpApiEndpoint.get("compare", "/api/pve/ops/:op_id/compare/:other", {
      params: { op_id: Schema.String, other: Schema.String },
      success: text("text/plain; charset=utf-8"),
      error: NotFound
    }),
    HttpApiEndpoint.post("start", "/api/pve/ops", {
      payload: Schema.Struct({
        verb: Verb,
        op_id: Schema.String.pipe(Schema.check(Schema.isPattern(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/))),
        confirm: Schema.optionalKey(Schema.String)
      }),
      success: Operation.pipe(HttpApiSchema.status(202)),
      error: [BadRequest, OperationBusy, OperationIdTaken]
    }),
    // Waits for the end of it, and an operator's for the end of the agent's before it: 200 when `exit_code` is 0, else 502 with the same body.
    HttpApiEndpoint.post("run", "/api/pve/:verb", {
      params: { verb: Schema.String },
      success: VerbAnswer,
      error: [BadRequest, OperationBusy]
    })
  )
  .middleware(RequireOperator)

/** What the page has to know before anything else. */
export const Info = Schema.Struct({
  /** Counts up when an old page could misread this server. */
  protocol: Schema.Int,
  demo: Schema.Boolean,
  target: Schema.String,
  operator: Schema.String,
  models: Schema.Array(Schema.String),
  default_model: Schema.String,
  keepalive_seconds: Schema.Int,
  /** The address around single sign-on, where the token signs in; null when none was set. */
  direct_url: Schema.NullOr(Schema.String),
  /** Why a prompt would be refused, as last found; null when it would not. */
  chat_off: Schema.NullOr(Schema.String)
})
export type Info = typeof Info.Type

/** One leg of the rescue path, as it was just found; `fix` when it is not ok. */
export const Check = Schema.Struct({
  name: Schema.String,
  ok: Schema.Boolean,
  detail: Schema.String,
  took_ms: Schema.Number,
  fix: Schema.optionalKey(Schema.String)
})
export type Check = typeof Check.Type

const info = HttpApiGroup.make("info")
  .add(
    HttpApiEndpoint.get("get", "/api/info", { success: Info }),
    HttpApiEndpoint.get("doctor", "/api/doctor", { success: Schema.Struct({ checks: Schema.Array(Check) }) })
  )
  .middleware(RequireOperator)

/** For browsers with no proxy in front: the token once, then a cookie. */
const login = HttpApiGroup.make("login").add(
  HttpApiEndpoint.post("login", "/api/login", {
    payload: Schema.Struct({ token: Schema.String }),
    success: Schema.Struct({ status: Schema.Literal("signed_in") }),
    error: [BadRequest, Unauthenticated, TooManyAttempts, Forbidden, Misdirected, WrongContentType]
  }),
  HttpApiEndpoint.post("logout", "/api/logout", {
    success: Schema.Struct({ status: Schema.Literal("signed_out") })
  }).middleware(RequireOperator)
)

const Ready = Schema.Struct({ ready: Schema.Boolean })

/** For whoever looks after the server: probes ask without a credential, and are told no detail. */
const upkeep = HttpApiGroup.make("upkeep").add(
  HttpApiEndpoint.get("health", "/health", {
    success: Schema.Struct({ status: Schema.Literal("ok"), service: Schema.Literal("claude-breakglass") })
  }),
  // False while the server is on its way down, or when the journal cannot be written.
  HttpApiEndpoint.get("ready", "/ready", { success: Ready, error: Ready.pipe(HttpApiSchema.status(503)) }),
  HttpApiEndpoint.get("metrics", "/metrics", {
    success: text("text/plain; version=0.0.4; charset=utf-8")
  }).middleware(RequireOperator),
  HttpApiEndpoint.get("openapi", "/openapi.json", { success: Schema.Unknown }).middleware(RequireOperator),
  HttpApiEndpoint.get("docs", "/docs", { success: text("text/html; charset=utf-8") }).middleware(RequireOperator)
)

export class Api extends HttpApi.make("breakglass")
  .add(sessions)
  .add(pve)
  .add(info)
  .add(login)
  .add(upkeep)
  .middleware(HttpApiMiddleware.ProblemDetails)
  .annotateMerge(OpenApi.annotations({ title: "breakglass", version: "1" })) {}
