/**
 * Opening the journal's file: the lock that makes one server of a directory, the way forward from older shapes, and the
 * difference between a file to refuse, one to repair and a disk that does not let it be opened now.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { DatabaseSync, type StatementSync } from "node:sqlite"
import { reason } from "../process/systemError.ts"
import { finish, salvage } from "./salvage.ts"
import { corrupt, damage, migrate, resultCode, shaped, Unusable, version } from "./migrations.ts"

export type Opened =
  | { readonly _tag: "Open"; readonly db: DatabaseSync; readonly damage: string | null }
  /** Another server holds it. This one must not start: it would know nothing about what the other one's buttons do. */
  | { readonly _tag: "Refused"; readonly reason: string }
  /** It cannot be opened now, and may be later. `cure` is what to do, unless that is to look after the disk. */
  | { readonly _tag: "Unavailable"; readonly reason: string; readonly cure: string | null }

export const open = (directory: string): Opened => {
  const file = Path.join(directory, "journal.db")
  try {
    Fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
    finish(file)
    return { _tag: "Open", db: connect(file), damage: null }
  } catch (error) {
    if (resultCode(error) === busy && served(file))
      return { _tag: "Refused", reason: "another breakglass server is using this directory" }
    if (resultCode(error) === busy) return unavailable(new Unusable(othersOpen, closeIt))
    if (!damaged.has(resultCode(error))) return unavailable(error)
  }
  try {
    const kept = salvage(file)
    return { _tag: "Open", db: connect(file), damage: kept }
  } catch (error) {
    return unavailable(error)
  }
}

const unavailable = (error: unknown): Opened => ({
  _tag: "Unavailable",
  reason: reason(error),
  cure: error instanceof Unusable ? error.cure : null
})

const othersOpen = "another program has the journal open"
const closeIt = "Close that program, such as a sqlite3 shell: the chat comes back by itself."

/** Whether the holder of the file lets nobody even read it: only a server does that. */
const served = (file: string): boolean => {
  try {
    const db = new DatabaseSync(file, { readOnly: true })
    try {
      db.prepare("SELECT 1 FROM sqlite_schema").get()
    } finally {
      db.close()
    }
    return false
  } catch (error) {
    return resultCode(error) === busy
  }
}

export interface Held {
  /** null while the disk does not let it be opened. */
  db: DatabaseSync | null
  readonly prepared: Map<string, StatementSync>
}

/** Opens what did not open before, so that a disk that recovers needs no restart. */
export const connected = (held: Held, directory: string): DatabaseSync => {
  if (held.db !== null) return held.db
  const opened = open(directory)
  if (opened._tag === "Refused") throw new Unusable(opened.reason, null)
  if (opened._tag === "Unavailable") throw new Unusable(opened.reason, opened.cure)
  held.db = opened.db
  return opened.db
}

const busy = 5
const notADatabase = 26
const damaged: ReadonlySet<number> = new Set([corrupt, notADatabase])

const connect = (file: string): DatabaseSync => {
  untouched(file)
  const db = new DatabaseSync(file)
  try {
    db.exec(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON"
    )
    migrate(db)
    if (!shaped(db)) throw damage("the journal's tables are damaged")
    // Takes about 2 s for each GB, once: a fault that is found later would be found in the middle of an incident.
    const check = db.prepare("PRAGMA integrity_check(1)").get()
    if (check?.["integrity_check"] !== "ok") throw damage("the journal is damaged")
    if (db.prepare(gaps).get() !== undefined) throw damage("events of the journal are missing")
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

const gaps = `SELECT 1 FROM (SELECT id, row_number() OVER (PARTITION BY log ORDER BY id) AS number FROM event)
  WHERE id <> number - 1 LIMIT 1`

/** Throws what must be known before the file is opened for writing, since opening alone can change it. */
const untouched = (file: string): void => {
  // Opening a FIFO for reading would wait, and a directory would be read as an empty file.
  const found = Fs.statSync(file, { throwIfNoEntry: false })
  if (found !== undefined && !found.isFile()) throw new Unusable("journal.db is no regular file", "Move it away.")
  // SQLite would open a file without write permission read-only, and keep it so.
  if (found !== undefined) Fs.accessSync(file, Fs.constants.R_OK | Fs.constants.W_OK)
  // SQLite takes a WAL beside an empty file for a stray one and deletes it.
  if (size(file) === 0 && size(`${file}-wal`) > 0) throw damage("the journal is empty but its WAL is not")
  if (size(file) === 0) return
  if (!known(file)) throw damage("the journal's header is damaged")
  try {
    const db = new DatabaseSync(file, { readOnly: true })
    try {
      version(db)
    } finally {
      db.close()
    }
  } catch (error) {
    // Whatever else is wrong is found again when it is opened for writing.
    if (error instanceof Unusable) throw error
  }
}

const size = (file: string): number => Fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0

/**
 * Whether the header's format numbers are ones that exist (sqlite.org/fileformat2.html, 1.3). Any other makes SQLite take
 * the file for one of its own future, and refuse it or refuse to write it, without calling it damaged.
 */
const known = (file: string): boolean => {
  const head = Buffer.alloc(100)
  const fd = Fs.openSync(file, "r")
  try {
    Fs.readSync(fd, head)
  } finally {
    Fs.closeSync(fd)
  }
  return head.readUInt8(18) <= 2 && head.readUInt8(19) <= 2 && head.readUInt32BE(44) <= 4
}
