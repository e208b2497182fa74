/**
 * Where events live on disk: one SQLite file in WAL mode, held under an exclusive lock, so one server per directory.
 * What it has acknowledged survives `kill -9`; power loss may cost the last commits (`synchronous = NORMAL`), because an
 * fsync per event would stall the whole server on the sick disk it is so often used beside.
 */
import { Clock, Context, Effect, Layer, Option, Schema } from "effect"
import { Config, type Quota } from "./Config.ts"
import * as Metrics from "./metrics.ts"
import * as Rows from "./rows.ts"
import * as Store from "./store.ts"

/** Nothing was written, and no id was used up: the disk refused, or (`full`) a limit of ours did. */
export class JournalFailed extends Schema.TaggedError<JournalFailed>()("JournalFailed", {
  reason: Schema.String,
  full: Schema.Boolean
}) {}

/** The directory cannot be used as it is; the server must not start over it. */
export class JournalRefused extends Schema.TaggedError<JournalRefused>()("JournalRefused", { reason: Schema.String }) {}

/** An event ready to be stored. `full` is what was cut from it, served on demand. */
export interface Row {
  readonly id: number
  readonly at: string
  readonly json: string
  readonly full: string | null
}

/** The newest event of a log; nulls when it has none. */
export interface Last {
  readonly id: number | null
  readonly at: string | null
}

export interface SessionRow {
  readonly id: string
  readonly title: string
  readonly created_at: string
  /** The CLI's conversation, and whether it has ever been opened (then it must be resumed). */
  readonly cli_id: string
  readonly cli_opened: boolean
  /** The marker of a turn that has no `turn_end` yet. */
  readonly open_turn: string | null
  /** A turn was killed before the CLI could note what it had done: the model is to be told. */
  readonly unfinished: boolean
  readonly last_event_id: number | null
  readonly last_event_at: string | null
}

/** What changes about a session in the same transaction as its events. */
export type SessionPatch = Partial<Pick<SessionRow, "title" | "cli_id" | "cli_opened" | "open_turn" | "unfinished">> & {
  readonly prompt_id?: string
}

export class Journal extends Context.Service<
  Journal,
  {
    readonly createSession: (
      row: Pick<SessionRow, "id" | "created_at" | "cli_id">
    ) => Effect.Effect<void, JournalFailed>
    /** Newest activity first. */
    readonly sessions: Effect.Effect<ReadonlyArray<SessionRow>, JournalFailed>
    readonly session: (id: string) => Effect.Effect<Option.Option<SessionRow>, JournalFailed>
    readonly prompts: (session: string) => Effect.Effect<ReadonlyArray<string>, JournalFailed>
    /** One transaction: all of it is on disk, or none. */
    readonly append: (log: string, rows: ReadonlyArray<Row>, patch?: SessionPatch) => Effect.Effect<void, JournalFailed>
    readonly last: (log: string) => Effect.Effect<Last, JournalFailed>
    /** Events after `after`, in order, at least one and about `bytes` at most. Synchronous: readers pull it. */
    readonly page: (log: string, after: number, bytes: number) => ReadonlyArray<Row>
    /** The whole of an event that was cut. */
    readonly full: (log: string, id: number) => Effect.Effect<Option.Option<string>, JournalFailed>
    /** Whether the disk takes writes now. */
    readonly writable: Effect.Effect<boolean>
  }
>()("breakglass/Journal") {
  static readonly layer = Layer.effect(
    Journal,
    Effect.flatMap(Config, ({ directory, quota }) => make(directory, quota))
  )
}

export const make = Effect.fnUntraced(function* (directory: string, quota: Quota) {
  const store = yield* Effect.acquireRelease(begin(directory), ({ db }) => Effect.sync(() => db?.close()))
  const sql: Rows.Sql = (text) => {
    const statement = store.prepared.get(text) ?? Store.connected(store, directory).prepare(text)
    store.prepared.set(text, statement)
    return statement
  }
  const attempt = <A>(evaluate: () => A) =>
    Effect.try({
      try: evaluate,
      catch: (error) => new JournalFailed({ reason: Store.reason(error), full: error instanceof Rows.OverQuota })
    })
  const transaction = (work: () => void) =>
    attempt(() => {
      const db = Store.connected(store, directory)
      db.exec("BEGIN IMMEDIATE")
      try {
        work()
        db.exec("COMMIT")
      } catch (error) {
        if (db.isTransaction) db.exec("ROLLBACK")
        throw error
      }
    })

  return Journal.of({
    createSession: ({ id, created_at, cli_id }) =>
      attempt(() => {
        Rows.roomFor(sql, quota)
        sql("INSERT INTO session (id, created_at, cli_id) VALUES (?, ?, ?)").run(id, created_at, cli_id)
      }).pipe(Effect.tapError(() => Metrics.journalFailed)),
    sessions: attempt(() => Rows.sessions(sql)),
    session: (id) => attempt(() => Option.fromNullOr(Rows.session(sql, id))),
    prompts: (session) =>
      attempt(() =>
        sql("SELECT prompt_id FROM prompt WHERE session = ?")
          .all(session)
          .map((row) => String(row["prompt_id"]))
      ),
    append: (log, rows, patch = {}) =>
      transaction(() => Rows.append(sql, quota, log, rows, patch)).pipe(Effect.tapError(() => Metrics.journalFailed)),
    last: (log) => attempt(() => Rows.last(sql, log)),
    page: (log, after, bytes) => Rows.page(sql, log, after, bytes),
    full: (log, id) =>
      attempt(() =>
        Option.map(
          Option.fromNullishOr(sql("SELECT body FROM event_full WHERE log = ? AND id = ?").get(log, id)),
          (row) => String(row["body"])
        )
      ),
    writable: Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const probe = "INSERT OR REPLACE INTO meta (name, value) VALUES ('probed_at', ?)"
      return yield* Effect.match(
        transaction(() => void sql(probe).run(String(now))),
        { onSuccess: () => true, onFailure: () => false }
      )
    })
  })
})

const begin = Effect.fnUntraced(function* (directory: string) {
  const opened = Store.open(directory)
  const held: Store.Held = { db: opened._tag === "Open" ? opened.db : null, prepared: new Map() }
  if (opened._tag === "Refused") return yield* new JournalRefused({ reason: opened.reason })
  if (opened._tag === "Unavailable") {
    yield* Effect.logError(`The journal cannot be opened (${opened.reason}): the chat is off, the VM controls are not.`)
  } else if (opened.damage !== null) yield* Effect.logError(opened.damage)
  return held
})
