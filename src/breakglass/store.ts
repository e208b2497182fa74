/**
 * Opening the journal's file: the lock that makes one server of a directory, the way forward from older shapes, and what
 * becomes of a file that is damaged (the good part is kept, the file set aside; never a crash loop).
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { DatabaseSync, type StatementSync } from "node:sqlite"
import { migrate, NewerJournal } from "./schema.ts"

export type Opened =
  | { readonly _tag: "Open"; readonly db: DatabaseSync; readonly damage: string | null }
  /** Another server holds it, or a newer one wrote it: this one must not start. */
  | { readonly _tag: "Refused"; readonly reason: string }
  /** The disk does not let it be opened now; it may later. */
  | { readonly _tag: "Unavailable"; readonly reason: string }

/** `now` names a file that is set aside. Nothing is written over a file that is refused. */
export const open = (directory: string, now: string): Opened => {
  const file = Path.join(directory, "journal.db")
  try {
    Fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
    return { _tag: "Open", db: connect(file), damage: null }
  } catch (error) {
    if (error instanceof NewerJournal) return { _tag: "Refused", reason: error.message }
    if (resultCode(error) === busy)
      return { _tag: "Refused", reason: "another breakglass server is using this directory" }
    if (!damaged.has(resultCode(error))) return { _tag: "Unavailable", reason: reason(error) }
  }
  try {
    return salvage(file, `${file}.damaged-${now.replaceAll(":", "")}`)
  } catch (error) {
    return { _tag: "Unavailable", reason: reason(error) }
  }
}

export interface Held {
  /** null while the disk does not let it be opened. */
  db: DatabaseSync | null
  readonly prepared: Map<string, StatementSync>
}

/** Tries again what did not open before, so that a disk that recovers needs no restart. */
export const connected = (held: Held, directory: string): DatabaseSync => {
  if (held.db !== null) return held.db
  const opened = open(directory, "later")
  if (opened._tag !== "Open") throw new Error(opened.reason)
  held.db = opened.db
  return opened.db
}

/** SQLite's own result code, without its extension (sqlite.org/rescode.html), when it was SQLite that failed. */
export const resultCode = (error: unknown): number =>
  error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : -1

/** What failed, without the path it failed at. */
export const reason = (error: unknown): string => {
  if (error instanceof Error && "code" in error && "syscall" in error) return String(error.code)
  return error instanceof Error ? error.message : "unknown"
}

const busy = 5
/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const damaged: ReadonlySet<number> = new Set([11, 26])

const connect = (file: string): DatabaseSync => {
  const db = new DatabaseSync(file)
  try {
    db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
    migrate(db)
    const [check] = db.prepare("PRAGMA quick_check(1)").all()
    if (check?.["quick_check"] !== "ok") throw Object.assign(new Error("the journal is damaged"), { errcode: 11 })
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Copies what can be read, each log up to its first unreadable or missing event. */
const salvage = (file: string, aside: string): Opened => {
  for (const suffix of ["", "-wal", "-shm"]) {
    if (Fs.existsSync(`${file}${suffix}`)) Fs.renameSync(`${file}${suffix}`, `${aside}${suffix}`)
  }
  const db = connect(file)
  const lost = rescue(db, aside)
  return { _tag: "Open", db, damage: `the journal was damaged; ${lost}. The damaged file was kept beside the new one` }
}

const rescue = (db: DatabaseSync, aside: string): string => {
  let old: DatabaseSync
  try {
    old = new DatabaseSync(aside, { readOnly: true })
  } catch {
    return "nothing of it could be read"
  }
  let kept = 0
  const copy = (table: string, where = "", ...keys: ReadonlyArray<string>) => {
    let expected = 0
    try {
      for (const row of old.prepare(`SELECT * FROM ${table} ${where}`).iterate(...keys)) {
        if (table === "event" && row["id"] !== expected) return
        const names = Object.keys(row)
        db.prepare(
          `INSERT OR IGNORE INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`
        ).run(...Object.values(row))
        expected += 1
        if (table === "event") kept += 1
      }
    } catch {
      // From here on it cannot be read; what came before is copied.
    }
  }
  for (const table of ["meta", "session", "prompt"]) copy(table)
  for (const { id } of [...db.prepare("SELECT id FROM session").all(), { id: "vm" }]) {
    copy("event", "WHERE log = ? ORDER BY id", String(id))
    copy("event_full", "WHERE log = ?", String(id))
  }
  old.close()
  return `${kept} events of it were kept, and newer ones may be missing`
}
