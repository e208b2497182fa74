/** The journal's statements: synchronous, and they throw what SQLite throws. */
import type { StatementSync } from "node:sqlite"
import type { Derived, KeptOperation, Last, ListQuery, Page, Quota, Row, StoredSession } from "./types.ts"

/** A prepared statement for this text. */
export type Sql = (text: string) => StatementSync

export class OverQuota extends Error {}

/** The rows, and what follows from them; to be run inside a transaction. */
export const append = (sql: Sql, quota: Quota, log: string, rows: ReadonlyArray<Row>, derived: Derived): void => {
  for (const { id, at, json, full, metadata = null } of rows) {
    sql("INSERT INTO event (log, id, at, json, metadata) VALUES (?, ?, ?, ?, ?)").run(log, id, at, json, metadata)
    if (full !== null) sql("INSERT INTO event_full (log, id, body) VALUES (?, ?, ?)").run(log, id, full)
  }
  const { columns = {}, prompt_ids = [], operation, beyondQuota = false } = derived
  const size = rows.reduce((sum, { json, full }) => sum + json.length + (full?.length ?? 0), 0)
  const newest = rows.at(-1)
  if (newest !== undefined) {
    sql("UPDATE session SET bytes = bytes + ?, active_at = ? WHERE id = ?").run(size, newest.at, log)
    if (operation !== undefined) sql(operationRow).run(operation.op_id, operation.verb, newest.at, newest.id)
  }
  if (!beyondQuota) withinQuota(sql, quota, log)
  for (const [column, value] of Object.entries(columns))
    sql(`UPDATE session SET ${column} = ? WHERE id = ?`).run(value, log)
  for (const prompt_id of prompt_ids) sql("INSERT INTO prompt (session, prompt_id) VALUES (?, ?)").run(log, prompt_id)
}

const withinQuota = (sql: Sql, quota: Quota, log: string): void => {
  const bytes = Number(sql("SELECT bytes FROM session WHERE id = ?").get(log)?.["bytes"] ?? 0)
  if (bytes > quota.session) {
    throw new OverQuota(`this session's log has reached its limit of ${mebibytes(quota.session)}; begin a new session`)
  }
  roomFor(sql, quota)
}

export const roomFor = (sql: Sql, { total }: Quota): void => {
  const pages =
    Number(sql("PRAGMA page_count").get()?.["page_count"]) -
    Number(sql("PRAGMA freelist_count").get()?.["freelist_count"])
  if (pages * 4096 > total) {
    throw new OverQuota(
      `the journal has reached its limit of ${mebibytes(total)}; BREAKGLASS_JOURNAL_QUOTA_MB raises it`
    )
  }
}

const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`

/** Events after `after`, in order, at least one and about `bytes` at most. */
export const page = (sql: Sql, log: string, after: number, bytes: number): ReadonlyArray<Row> => {
  const rows: Array<Row> = []
  let total = 0
  for (const row of sql(pageRows).iterate(log, after)) {
    const id = Number(row["id"])
    const at = String(row["at"])
    const json = row["sound"] === 1 ? String(row["json"]) : JSON.stringify({ ...unreadable, at, id })
    rows.push({ id, at, json, full: null })
    total += json.length
    if (total >= bytes) break
  }
  return rows
}

// The file has no checksums: a bit that flips inside a text is first seen here, and must not break the stream.
const pageRows = `SELECT id, at, json, typeof(json) = 'text' AND json_valid(json) AS sound FROM event
  WHERE log = ? AND id > ? ORDER BY id LIMIT 500`

const unreadable = {
  kind: "notice",
  code: "event_damaged",
  text: "The event that was here can no longer be read: the disk changed it."
}

export const last = (sql: Sql, log: string): Last => {
  const row = sql("SELECT id, at FROM event WHERE log = ? ORDER BY id DESC LIMIT 1").get(log)
  return row === undefined ? { id: null, at: null } : { id: Number(row["id"]), at: String(row["at"]) }
}

const operationRow = `INSERT INTO operation (op_id, verb, at, event) VALUES (?, ?, ?, ?)
  ON CONFLICT (op_id) DO UPDATE SET event = excluded.event`

/** What is kept of an operation: its verb, when it began, and the newest event that tells of it. */
export const operation = (sql: Sql, op_id: string): KeptOperation | null => {
  const row = sql(
    `SELECT verb, operation.at, json FROM operation LEFT JOIN event ON log = 'vm' AND id = event WHERE op_id = ?`
  ).get(op_id)
  return row === undefined
    ? null
    : { verb: String(row["verb"]), at: String(row["at"]), json: row["json"] === null ? null : String(row["json"]) }
}

/** Newest activity first. */
export const sessions = (sql: Sql, { limit, before, archived }: ListQuery): Page => {
  // Behind every text there is.
  const [at, id] = before === null ? ["\u{10FFFF}", ""] : split(before)
  const found = sql(sessionPage).all(Number(archived), at, id, limit + 1)
  const rows = found.slice(0, limit).map(sessionRow)
  const last = found.length > limit ? found[limit - 1] : undefined
  return { rows, next: last === undefined ? null : `${String(last["active_at"])}_${String(last["id"])}` }
}

const split = (cursor: string): readonly [string, string] => {
  const at = cursor.lastIndexOf("_")
  return [cursor.slice(0, at), cursor.slice(at + 1)]
}

/** All that was said in it. */
export const remove = (sql: Sql, id: string): void => {
  for (const table of ["event", "event_full"]) sql(`DELETE FROM ${table} WHERE log = ?`).run(id)
  sql("DELETE FROM prompt WHERE session = ?").run(id)
  sql("DELETE FROM session WHERE id = ?").run(id)
}

export const session = (sql: Sql, id: string): StoredSession | null => {
  const row = sql(`${sessionRows} WHERE id = ?`).get(id)
  return row === undefined ? null : sessionRow(row)
}

const sessionRows = `SELECT session.*,
  (SELECT max(id) FROM event WHERE log = session.id) AS last_event_id,
  (SELECT at FROM event WHERE log = session.id ORDER BY id DESC LIMIT 1) AS last_event_at
  FROM session`

export const sessionPage = `${sessionRows} WHERE archived = ? AND (active_at, id) < (?, ?)
  ORDER BY active_at DESC, id DESC LIMIT ?`

/** A UUID: it becomes an argument of the CLI's. */
const conversationId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whatever stands there: one damaged row must not hide all sessions. */
const sessionRow = (row: Readonly<Record<string, unknown>>): StoredSession => ({
  id: String(row["id"]),
  title: String(row["title"]),
  created_at: String(row["created_at"]),
  // The first conversation of a session has the session's own id.
  cli_id: conversationId.test(String(row["cli_id"])) ? String(row["cli_id"]) : String(row["id"]),
  cli_opened: row["cli_opened"] !== 0,
  open_turn: row["open_turn"] === null ? null : String(row["open_turn"]),
  unfinished: row["unfinished"] !== 0,
  archived: row["archived"] !== 0,
  last_event_id: row["last_event_id"] === null ? null : Number(row["last_event_id"]),
  last_event_at: row["last_event_at"] === null ? null : String(row["last_event_at"])
})
