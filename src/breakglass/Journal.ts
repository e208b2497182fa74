/**
 * Where events live on disk: one SQLite file in WAL mode, held under an exclusive lock, so one server per directory.
 * What it has acknowledged survives `kill -9`; power loss may cost the last commits (`synchronous = NORMAL`), because an
 * fsync per event would stall the whole server on the sick disk it is so often used beside.
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import type { StatementSync } from "node:sqlite"
import { Config, type Quota } from "./Config.ts"
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
  const sql = (text: string): StatementSync => {
    const statement = store.prepared.get(text) ?? Store.connected(store, directory).prepare(text)
    store.prepared.set(text, statement)
    return statement
  }
  const attempt = <A>(evaluate: () => A) =>
    Effect.try({
      try: evaluate,
      catch: (error) => new JournalFailed({ reason: Store.reason(error), full: error instanceof OverQuota })
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

  const withinQuota = (log: string) => {
    const bytes = Number(sql("SELECT bytes FROM session WHERE id = ?").get(log)?.["bytes"] ?? 0)
    if (bytes > quota.session)
      throw new OverQuota(`this session's log has reached its limit of ${mebibytes(quota.session)}`)
    const pages =
      Number(sql("PRAGMA page_count").get()?.["page_count"]) -
      Number(sql("PRAGMA freelist_count").get()?.["freelist_count"])
    if (pages * 4096 > quota.total)
      throw new OverQuota(`the journal has reached its limit of ${mebibytes(quota.total)}`)
  }

  return Journal.of({
    createSession: ({ id, created_at, cli_id }) =>
      attempt(
        () => void sql("INSERT INTO session (id, created_at, cli_id) VALUES (?, ?, ?)").run(id, created_at, cli_id)
      ),
    sessions: attempt(() =>
      sql(`${sessionRows} ORDER BY coalesce(last_event_at, created_at) DESC`)
        .all()
        .map((row) => sessionRow(row))
    ),
    session: (id) =>
      attempt(() =>
        Option.map(Option.fromNullishOr(sql(`${sessionRows} WHERE id = ?`).get(id)), (row) => sessionRow(row))
      ),
    prompts: (session) =>
      attempt(() =>
        sql("SELECT prompt_id FROM prompt WHERE session = ?")
          .all(session)
          .map((row) => String(row["prompt_id"]))
      ),
    append: (log, rows, patch = {}) =>
      transaction(() => {
        for (const { id, at, json, full } of rows) {
          sql("INSERT INTO event (log, id, at, json) VALUES (?, ?, ?, ?)").run(log, id, at, json)
          if (full !== null) sql("INSERT INTO event_full (log, id, body) VALUES (?, ?, ?)").run(log, id, full)
        }
        const { prompt_id, ...columns } = patch
        const size = rows.reduce((sum, { json, full }) => sum + json.length + (full?.length ?? 0), 0)
        sql("UPDATE session SET bytes = bytes + ? WHERE id = ?").run(size, log)
        // The end of a turn is always let in: a turn without one would be a lie.
        if (patch.open_turn !== null) withinQuota(log)
        for (const [column, value] of Object.entries(columns)) {
          sql(`UPDATE session SET ${column} = ? WHERE id = ?`).run(
            typeof value === "boolean" ? Number(value) : value,
            log
          )
        }
        if (prompt_id !== undefined) {
          sql("INSERT INTO prompt (session, prompt_id) VALUES (?, ?)").run(log, prompt_id)
        }
      }),
    last: (log) =>
      attempt(() => {
        const row = sql("SELECT id, at FROM event WHERE log = ? ORDER BY id DESC LIMIT 1").get(log)
        return row === undefined ? { id: null, at: null } : { id: Number(row["id"]), at: String(row["at"]) }
      }),
    page: (log, after, bytes) => {
      const rows: Array<Row> = []
      let total = 0
      for (const row of sql("SELECT id, at, json FROM event WHERE log = ? AND id > ? ORDER BY id LIMIT 500").iterate(
        log,
        after
      )) {
        rows.push({ id: Number(row["id"]), at: String(row["at"]), json: String(row["json"]), full: null })
        total += rows.at(-1)?.json.length ?? 0
        if (total >= bytes) break
      }
      return rows
    },
    full: (log, id) =>
      attempt(() =>
        Option.map(
          Option.fromNullishOr(sql("SELECT body FROM event_full WHERE log = ? AND id = ?").get(log, id)),
          (row) => String(row["body"])
        )
      ),
    writable: Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      return yield* Effect.match(
        transaction(
          () => void sql("INSERT OR REPLACE INTO meta (name, value) VALUES ('probed_at', ?)").run(String(now))
        ),
        { onSuccess: () => true, onFailure: () => false }
      )
    })
  })
})

class OverQuota extends Error {}

const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`

const begin = Effect.fnUntraced(function* (directory: string) {
  const opened = Store.open(directory, DateTime.formatIso(yield* DateTime.now))
  const held: Store.Held = { db: opened._tag === "Open" ? opened.db : null, prepared: new Map() }
  if (opened._tag === "Refused") return yield* new JournalRefused({ reason: opened.reason })
  if (opened._tag === "Unavailable") {
    yield* Effect.logError(`The journal cannot be opened (${opened.reason}): the chat is off, the VM controls are not.`)
  } else if (opened.damage !== null) yield* Effect.logError(opened.damage)
  return held
})

const sessionRows = `SELECT session.*,
  (SELECT max(id) FROM event WHERE log = session.id) AS last_event_id,
  (SELECT at FROM event WHERE log = session.id ORDER BY id DESC LIMIT 1) AS last_event_at
  FROM session`

const SessionRow = Schema.Struct({
  id: Schema.String,
  title: Schema.String,
  created_at: Schema.String,
  cli_id: Schema.String,
  cli_opened: Schema.BooleanFromBit,
  open_turn: Schema.NullOr(Schema.String),
  unfinished: Schema.BooleanFromBit,
  last_event_id: Schema.NullOr(Schema.Number),
  last_event_at: Schema.NullOr(Schema.String)
})
const sessionRow = Schema.decodeUnknownSync(SessionRow)
