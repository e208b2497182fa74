/**
 * Where events live on disk: one SQLite file in WAL mode, held under an exclusive lock, so one server per directory.
 * What it has acknowledged survives `kill -9`; power loss may cost the last commits (`synchronous = NORMAL`), because an
 * fsync per event would stall the chat on the sick disk it is so often used beside. A thread of its own waits for the disk.
 */
import { Clock, Context, Effect, Layer, Option, Schema } from "effect"
import type { Args, Begun, Name, Value } from "./calls.ts"
import type { Derived, JournalSettings, KeptOperation, Last, ListQuery, Page, Row, StoredSession } from "./types.ts"
import * as Metrics from "./metrics.ts"
import { shared } from "../time/shareInFlight.ts"
import * as Thread from "./WorkerClient.ts"

/** Nothing was written, and no id was used up: the disk refused, or (`full`) a limit of ours did. */
export class JournalFailed extends Schema.TaggedError<JournalFailed>()("JournalFailed", {
  reason: Schema.String,
  full: Schema.Boolean,
  /** What to do, where that is not to look after the disk. */
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
    /** The session and all that was said in it, from the disk too. */
    readonly removeSession: (id: string) => Effect.Effect<void, JournalFailed>
    /** However long ago it was. */
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
    /** Whether it takes writes, as found within the last 250 ms; `/ready` lets anybody ask. */
    readonly writable: Effect.Effect<boolean>
    /** Why it takes none, found as `writable` is; null when it does. */
    readonly trouble: Effect.Effect<JournalFailed | null>
    /** For who cannot wait as long as a disk can: fails, or is not even begun, while that gives no answer. */
    readonly timely: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E | JournalFailed>
    /** On the way down a disk that gives no answer is not waited for. */
    readonly leave: Effect.Effect<void>
  }
>()("breakglass/Journal") {
  static readonly layer = (settings: JournalSettings) => Layer.effect(Journal, make(settings))
}

export const make = Effect.fnUntraced(function* (settings: JournalSettings) {
  const thread = yield* Thread.make(settings)
  const own = yield* over(thread)
  // About 2 s for each GB are the check's own.
  const opening = Effect.catchTag(asking(thread)("open"), "JournalFailed", ({ reason }) =>
    Effect.succeed<Begun>({ _tag: "Unavailable", reason, cure: null })
  )
  const opened = yield* Effect.timeoutOption(opening, "15 seconds")
  if (Option.isNone(opened)) {
    yield* Effect.logError(
      "The journal's disk does not answer: the chat is off until it does, the VM controls are not."
    )
    return own
  }
  const begun = opened.value
  if (begun._tag === "Refused") return yield* new JournalRefused({ reason: begun.reason })
  if (begun._tag === "Unavailable") {
    const { reason, cure } = begun
    yield* Effect.logError(
      `The journal cannot be opened (${reason}): the chat is off, the VM controls are not.${cure === null ? "" : ` ${cure}`}`
    )
  } else if (begun.damage !== null) yield* Effect.logError(begun.damage)
  return own
})

export const over = Effect.fnUntraced(function* (thread: Thread.Thread) {
  const ask = asking(thread)
  const stalled = Effect.gen(function* () {
    while (thread.silent() < patience) yield* Effect.sleep("500 millis")
    const seconds = Math.floor(thread.silent() / 1000)
    return yield* new JournalFailed({ reason: `the disk has not answered for ${seconds} s`, full: false })
  })
  const timely = <A, E>(effect: Effect.Effect<A, E>) => Effect.raceFirst(stalled, effect)
  const probe = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.match(timely(ask("probe", now)), { onSuccess: () => null, onFailure: (failed) => failed })
  )
  // That it takes none is not kept: who mends a disk is told at once.
  const trouble = yield* shared(probe, (failed) => (failed === null ? probed : 0))

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
    timely,
    leave: Effect.sync(() => Thread.leave(thread))
  })
})

/** Milliseconds for which a disk that took a write is not asked for another: anybody could keep it busy. */
const probed = 250

/** Milliseconds without an answer after which it is not waited for by who need not. */
const patience = 5000

const asking =
  (thread: Thread.Thread) =>
  <N extends Name>(name: N, ...args: Args<N>): Effect.Effect<Value<N>, JournalFailed> =>
    Effect.flatMap(thread.ask({ name, args }), (answer) =>
      answer._tag === "Done"
        ? Effect.succeed(answer.value as Value<N>)
        : Effect.fail(new JournalFailed({ reason: answer.reason, full: answer.full, cure: answer.cure ?? null }))
    )
