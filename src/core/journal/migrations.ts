/** The journal's tables, and the way forward from every older shape of them. */
import { DatabaseSync } from "node:sqlite"

/**
 * Notes beside the newest event of each session what its row says. Before version 3 the row was written beside the events,
 * and in a damaged file it may say what the events that are left do not.
 */
export const snapshots = `UPDATE event SET metadata = json_object('snapshot', json_object(
    'title', CAST(title AS TEXT), 'cli_id', CAST(cli_id AS TEXT), 'cli_opened', cli_opened <> 0,
    'open_turn', CAST(open_turn AS TEXT), 'unfinished', unfinished <> 0))
  FROM session WHERE log = session.id AND event.id = (SELECT max(id) FROM event AS newest WHERE newest.log = session.id)`

/** One step per version that was ever released; `PRAGMA user_version` counts those already taken. */
const steps: ReadonlyArray<string> = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE session (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    cli_id TEXT NOT NULL,
    cli_opened INTEGER NOT NULL DEFAULT 0,
    open_turn TEXT,
    unfinished INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE TABLE event (
    log TEXT NOT NULL,
    id INTEGER NOT NULL,
    at TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (log, id)
  ) WITHOUT ROWID;
  CREATE TABLE event_full (log TEXT NOT NULL, id INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (log, id)) WITHOUT ROWID;
  CREATE TABLE prompt (session TEXT NOT NULL, prompt_id TEXT NOT NULL, PRIMARY KEY (session, prompt_id)) WITHOUT ROWID;
  `,
  `
  ALTER TABLE session ADD COLUMN active_at TEXT NOT NULL DEFAULT '';
  ALTER TABLE session ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX session_active ON session (archived, active_at, id);
  CREATE INDEX session_open ON session (open_turn) WHERE open_turn IS NOT NULL;
  CREATE TABLE operation (op_id TEXT PRIMARY KEY, verb TEXT NOT NULL, at TEXT NOT NULL, event INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO operation SELECT json_extract(json, '$.op.op_id'), json_extract(json, '$.op.verb'), at, max(id)
    FROM event WHERE log = 'vm' AND json_valid(json) AND json_extract(json, '$.kind') = 'operation'
      AND typeof(json_extract(json, '$.op.op_id')) = 'text' AND typeof(json_extract(json, '$.op.verb')) = 'text'
    GROUP BY 1;
  `,
  `
  ALTER TABLE event ADD COLUMN metadata TEXT;
  ${snapshots};
  `
]

/** Sets when a session was last active, where that is not known: in an older version, or a damaged file. */
export const dated = `UPDATE session SET active_at =
  coalesce((SELECT at FROM event WHERE log = session.id ORDER BY id DESC LIMIT 1), created_at) WHERE active_at = ''`

/** The journal cannot be used as it is. `cure` is what to do, unless that is to look after the disk. */
export class Unusable extends Error {
  readonly cure: string | null
  constructor(reason: string, cure: string | null) {
    super(reason)
    this.cure = cure
  }
}

const newer = (version: number) =>
  new Unusable(
    `the journal was written by a newer server (version ${version}, this one knows ${steps.length})`,
    "Start the newer version again, or name another directory in BREAKGLASS_SESSIONS_DIR."
  )

/** SQLite's own result code, without its extension (sqlite.org/rescode.html), when it was SQLite that failed. */
export const resultCode = (error: unknown): number =>
  error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : -1

/** The code for a file that is not what it was. */
export const corrupt = 11
export const damage = (what: string) => Object.assign(new Error(what), { errcode: corrupt })

const unversioned = damage("the journal's version is damaged")

/**
 * The version of a file's tables; throws when a newer server wrote it. The number is in the file twice: one flipped bit
 * must not look like a newer server, whose journal this one would have to leave alone.
 */
export const version = (db: DatabaseSync): number => {
  const counted = Number(db.prepare("PRAGMA user_version").get()?.["user_version"])
  if (counted === 0 && db.prepare("SELECT 1 FROM sqlite_schema").get() !== undefined) throw unversioned
  if (counted >= 0 && counted <= steps.length) return counted
  const noted = db.prepare("SELECT value FROM meta WHERE name = 'version'").get()?.["value"]
  throw noted === String(counted) ? newer(counted) : unversioned
}

/** Takes the steps that were not taken yet, all or none. */
export const migrate = (db: DatabaseSync): void => {
  const from = version(db)
  if (from === steps.length) return
  db.exec("BEGIN IMMEDIATE")
  for (const step of steps.slice(from)) db.exec(step)
  db.exec(dated)
  db.exec(`INSERT OR REPLACE INTO meta (name, value) VALUES ('version', '${steps.length}')`)
  db.exec(`PRAGMA user_version = ${steps.length}; COMMIT`)
}

/** Whether its tables are those that the steps make: to SQLite a name with a flipped bit is another name, not damage. */
export const shaped = (db: DatabaseSync): boolean => {
  const model = new DatabaseSync(":memory:")
  for (const step of steps) model.exec(step)
  const [wanted, found] = [model, db].map((of) => JSON.stringify(of.prepare(columns).all()))
  model.close()
  return wanted === found
}

const columns = `SELECT sqlite_schema.name AS of, its.name, its.type, its."notnull", its.dflt_value, its.pk
  FROM sqlite_schema, pragma_table_info(sqlite_schema.name) AS its WHERE sqlite_schema.type = 'table' ORDER BY of, cid`
