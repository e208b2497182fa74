/**
 * Where events live on disk: one SQLite file in WAL mode, held under an exclusive lock, so one server per directory.
 * What it has acknowledged survives `kill -9`; power loss may cost the last commits (`synchronous = NORMAL`), because an
 * fsync per event would stall the chat on the sick disk it is so often used beside. A thread of its own waits for the disk.
 */
import { Clock, Context, Effect, Layer, Option, Schema } from "effect"
import type { Args, OpenResult, Name, Value } from "./calls.ts"
import type { Derived, JournalSettings, KeptOperation, Last, ListQuery, Page, Row, StoredSession } from "./types.ts"
import * as Metrics from "./metrics.ts"
import { shareInFlight } from "../time/shareInFlight.ts"
import * as WorkerClient from "./WorkerClient.ts"

/** Nothing was written, and no id was used up: the disk refused, or (`full`) one of our limits did. */
export class JournalFailed extends Schema.TaggedError<JournalFailed>()("JournalFailed", {
  reason: Schema.String,
  full: Schema.Boolean,
  /** What to do, unless that is to look after the disk. */
  cure: Schema.optionalKey(Schema.NullOr(Schema.String))
}) {}

/** The directory cannot be used as it is; the server must not start over it. */
export class JournalRefused extends Schema.TaggedError<JournalRefused>()("JournalRefused", { reason: Schema.String }) {}

export class Journal extends Context.Service<
  Journal,
  {
    readonly createSession: (
      row: Pick<StoredSession, "id" | "created_at" | "cli_id">
    ) => Effect.Effect<void, JournalFailed>
    /** Newest activity first. */
    readonly sessions: (query: ListQuery) => Effect.Effect<Page, JournalFailed>
    /** Sessions with a turn that has no `turn_end`. */
    readonly unended: Effect.Effect<ReadonlyArray<string>, JournalFailed>
    readonly archive: (id: string, archived: boolean) => Effect.Effect<void, JournalFailed>
    /** Deletes the session and all that was said in it, from the disk too. */
    readonly removeSession: (id: string) => Effect.Effect<void, JournalFailed>
    /** Found however long ago it was. */
    readonly operation: (op_id: string) => Effect.Effect<Option.Option<KeptOperation>, JournalFailed>
    readonly session: (id: string) => Effect.Effect<Option.Option<StoredSession>, JournalFailed>
    readonly prompts: (session: string) => Effect.Effect<ReadonlyArray<string>, JournalFailed>
    /** One transaction: all of it is on disk, or none. */
    readonly append: (log: string, rows: ReadonlyArray<Row>, derived?: Derived) => Effect.Effect<void, JournalFailed>
    readonly last: (log: string) => Effect.Effect<Last, JournalFailed>
    /** Events after `after`, in order, at least one and about `bytes` at most. */
    readonly page: (log: string, after: number, bytes: number) => Effect.Effect<ReadonlyArray<Row>, JournalFailed>
    /** The whole of an event that was cut. */
    readonly full: (log: string, id: number) => Effect.Effect<Option.Option<string>, JournalFailed>
    /** A turn's own HOME on the same disk (`homes.ts`). Closing says why the agent's memory of the turn is not kept. */
    readonly openHome: (turn: string, conversation: string, former: string) => Effect.Effect<void, JournalFailed>
    readonly closeHome: (turn: string, conversation: string) => Effect.Effect<string | null, JournalFailed>
    readonly removeHomes: Effect.Effect<void, JournalFailed>
    /** Whether it takes writes, as found within the last 250 ms: anybody may ask, by `/ready`. */
    readonly writable: Effect.Effect<boolean>
    /** Why it takes no writes, found like `writable`; null when it does. */
    readonly trouble: Effect.Effect<JournalFailed | null>
    /** For a caller that cannot wait as long as a disk can: fails, or is not started, while the disk does not answer. */
    readonly failIfStalled: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E | JournalFailed>
    /** From here on a disk that does not answer is not waited for: the process is ended. */
    readonly beginShutdown: Effect.Effect<void>
  }
>()("breakglass/Journal") {
  static readonly layer = (settings: JournalSettings) => Layer.effect(Journal, make(settings))
}

export const make = Effect.fnUntraced(function* (settings: JournalSettings) {
  const client = yield* WorkerClient.make(settings)
  const own = yield* over(client)
  // The check alone takes about 2 s for each GB.
  const opening = Effect.catchTag(asking(client)("open"), "JournalFailed", ({ reason }) =>
    Effect.succeed<OpenResult>({ _tag: "Unavailable", reason, cure: null })
  )
  const opened = yield* Effect.timeoutOption(opening, "15 seconds")
  if (Option.isNone(opened)) {
    yield* Effect.logError(
      "The journal's disk does not answer: the chat is off until it does, the VM controls are not."
    )
    return own
  }
  const result = opened.value
  if (result._tag === "Refused") return yield* new JournalRefused({ reason: result.reason })
  if (result._tag === "Unavailable") {
    const { reason, cure } = result
    yield* Effect.logError(
      `The journal cannot be opened (${reason}): the chat is off, the VM controls are not.${cure === null ? "" : ` ${cure}`}`
    )
  } else if (result.damage !== null) yield* Effect.logError(result.damage)
  return own
})

export const over = Effect.fnUntraced(function* (client: WorkerClient.WorkerClient) {
  const ask = asking(client)
  const stalled = Effect.gen(function* () {
    while (client.silent() < patience) yield* Effect.sleep("500 millis")
    const seconds = Math.floor(client.silent() / 1000)
    return yield* new JournalFailed({ reason: `the disk has not answered for ${seconds} s`, full: false })
  })
  const failIfStalled = <A, E>(effect: Effect.Effect<A, E>) => Effect.raceFirst(stalled, effect)
  const probe = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.match(failIfStalled(ask("probe", now)), { onSuccess: () => null, onFailure: (failed) => failed })
  )
  // A failure is not kept: whoever fixes the disk sees it at once.
  const trouble = yield* shareInFlight(probe, (failed) => (failed === null ? probed : 0))

  return Journal.of({
    createSession: (row) => Effect.tapError(ask("createSession", row), () => Metrics.writeFailed),
    sessions: (query) => ask("sessions", query),
    unended: ask("unended"),
    archive: (id, archived) => ask("archive", id, archived),
    removeSession: (id) => ask("removeSession", id),
    operation: (op_id) => Effect.map(ask("operation", op_id), Option.fromNullOr),
    session: (id) => Effect.map(ask("session", id), Option.fromNullOr),
    prompts: (session) => ask("prompts", session),
    append: (log, rows, derived = {}) => Effect.tapError(ask("append", log, rows, derived), () => Metrics.writeFailed),
    last: (log) => ask("last", log),
    page: (log, after, bytes) => ask("page", log, after, bytes),
    full: (log, id) => Effect.map(ask("full", log, id), Option.fromNullOr),
    openHome: (turn, conversation, former) => ask("openHome", turn, conversation, former),
    closeHome: (turn, conversation) => ask("closeHome", turn, conversation),
    removeHomes: ask("removeHomes"),
    writable: Effect.map(trouble, (failed) => failed === null),
    trouble,
    failIfStalled,
    beginShutdown: Effect.sync(() => WorkerClient.beginShutdown(client))
  })
})

/** Milliseconds for which a write that succeeded is not tried again: anybody could keep the disk busy. */
const probed = 250

/** Milliseconds without an answer after which callers that need not wait do not. */
const patience = 5000

const asking =
  (client: WorkerClient.WorkerClient) =>
  <N extends Name>(name: N, ...args: Args<N>): Effect.Effect<Value<N>, JournalFailed> =>
    Effect.flatMap(client.ask({ name, args }), (answer) =>
      answer._tag === "Done"
        ? Effect.succeed(answer.value as Value<N>)
        : Effect.fail(new JournalFailed({ reason: answer.reason, full: answer.full, cure: answer.cure ?? null }))
    )
