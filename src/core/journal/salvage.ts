/**
 * A damaged journal: what can be read of it is copied to a new file, each log up to its first unreadable or missing event,
 * and the damaged one is kept beside it. Nothing is moved before the copy is whole.
 */
import * as Fs from "node:fs"
import { DatabaseSync, type DatabaseSyncOptions, type SQLOutputValue } from "node:sqlite"
import { dated, migrate, resultCode, snapshots } from "./migrations.ts"

/** Salvages the file, and says for people what became of it. */
export const salvage = (file: string): string => {
  for (const suffix of suffixes) Fs.rmSync(`${copyOf(file)}${suffix}`, { force: true })
  const db = new DatabaseSync(copyOf(file))
  let kept: number
  try {
    migrate(db)
    db.exec("BEGIN")
    kept = copyReadable(db, file)
    db.exec("COMMIT")
  } finally {
    db.close()
  }
  swap(file)
  return `The journal was damaged: ${kept} events of it were kept, newer ones may be missing. The damaged file was kept beside the new one.`
}

/** Finishes a salvage that was cut short between its moves: once the original is moved away, the copy is whole. */
export const finish = (file: string): void => {
  if (!Fs.existsSync(file) && Fs.existsSync(copyOf(file))) swap(file)
}

const copyOf = (file: string) => `${file}.salvaged`
const suffixes = ["", "-wal", "-shm", "-journal"]

const swap = (file: string) => {
  let number = 1
  while (suffixes.some((suffix) => Fs.existsSync(`${file}.damaged-${number}${suffix}`))) number += 1
  for (const suffix of suffixes) {
    if (Fs.existsSync(`${file}${suffix}`)) Fs.renameSync(`${file}${suffix}`, `${file}.damaged-${number}${suffix}`)
  }
  Fs.renameSync(copyOf(file), file)
}

/** `defensive` is on by default and forbids that pragma; @types/node does not know it yet. */
const lenient: DatabaseSyncOptions & { readonly defensive: boolean } = { readOnly: true, defensive: false }

/** How many events were copied. */
const copyReadable = (db: DatabaseSync, file: string): number => {
  // SQLite would delete the WAL of an empty file, even when it only reads.
  if ((Fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0) return 0
  let old: DatabaseSync
  try {
    old = new DatabaseSync(file, lenient)
    // Without it a file that is shorter than it says is not read at all.
    old.exec("PRAGMA writable_schema = ON")
  } catch {
    return 0
  }
  let kept = 0
  try {
    for (const table of ["meta", "session", "prompt", "operation"]) copy(db, old, table, "")
    for (const { id, at } of [...db.prepare("SELECT id, created_at AS at FROM session").all(), { id: "vm", at: "" }]) {
      const log = String(id)
      const { rows, whole } = copy(db, old, "event", "WHERE log = ? ORDER BY id", log)
      copy(db, old, "event_full", "WHERE log = ? AND id < ?", log, rows)
      if (!whole && log !== "vm") recordDamage(db, log, rows, String(at))
      kept += rows
    }
    db.exec(dated)
    db.exec(snapshots)
  } finally {
    old.close()
  }
  return kept
}

/** Copies rows until one cannot be read, makes no sense or, of events, is missing. Throws when the disk is full. */
const copy = (db: DatabaseSync, old: DatabaseSync, table: string, where: string, ...keys: Array<string | number>) => {
  let rows = 0
  // Columns are matched by position: a name may be what is damaged.
  const columns = db.prepare("SELECT name FROM pragma_table_info(?)").all(table)
  const read = reading(old, `SELECT * FROM ${table} ${where}`, keys)
  for (let row = read(); row !== "unreadable"; row = read()) {
    if (row === "end") return { rows, whole: true }
    // A search walks over a row whose log was changed by damage, and returns it.
    if (table === "event" && (row["id"] !== rows || row["log"] !== keys[0])) break
    const values = Object.values(row).slice(0, columns.length)
    const names = columns.slice(0, values.length).map(({ name }) => name)
    const into = `INSERT OR REPLACE INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`
    if (!tryInsert(() => db.prepare(into).run(...values))) break
    rows += 1
  }
  return { rows, whole: false }
}

/** False when the row breaks a rule of its table. */
const tryInsert = (insert: () => void): boolean => {
  try {
    insert()
    return true
  } catch (error) {
    if (resultCode(error) === constraint || resultCode(error) === mismatch) return false
    throw error
  }
}
const constraint = 19
const mismatch = 20

const reading = (old: DatabaseSync, select: string, keys: ReadonlyArray<string | number>) => {
  let rows: ReturnType<ReturnType<DatabaseSync["prepare"]>["iterate"]> | undefined
  return (): "end" | "unreadable" | Record<string, SQLOutputValue> => {
    try {
      rows ??= old.prepare(select).iterate(...keys)
      const next = rows.next()
      return next.done === true ? "end" : next.value
    } catch {
      return "unreadable"
    }
  }
}

/** Says so in the log itself, and marks a turn that lost its end: it is given one at the start. */
const recordDamage = (db: DatabaseSync, log: string, id: number, created: string) => {
  const last = db.prepare("SELECT at, json FROM event WHERE log = ? ORDER BY id DESC LIMIT 1").get(log)
  const at = String(last?.["at"] ?? created)
  const text = "The journal was damaged. What came after this line may be missing; the damaged file was kept."
  const json = JSON.stringify({ kind: "notice", code: "journal_damaged", text, at, id })
  db.prepare("INSERT INTO event (log, id, at, json) VALUES (?, ?, ?, ?)").run(log, id, at, json)
  if (last !== undefined && !String(last["json"]).startsWith('{"kind":"turn_end"')) {
    db.prepare("UPDATE session SET open_turn = coalesce(open_turn, 'lost') WHERE id = ?").run(log)
  }
}
