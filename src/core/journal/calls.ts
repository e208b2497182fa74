/** The journal's connection and the calls over it: synchronous, so each waits as long as the disk does. */
import type { Derived, DiskSettings, Homes, ListQuery, Row, StoredSession } from "./types.ts"
import { reason } from "../process/systemError.ts"
import * as Rows from "./queries.ts"
import { Unusable } from "./migrations.ts"
import * as Store from "./open.ts"

// oxlint-disable-next-line max-lines-per-function -- one object, whose keys are the names of the calls: a line or two each
export const make = ({ directory, quota }: DiskSettings, homes: Homes) => {
  const held: Store.Held = { db: null, prepared: new Map() }
  const sql: Rows.Sql = (text) => {
    const statement = held.prepared.get(text) ?? Store.connected(held, directory).prepare(text)
    held.prepared.set(text, statement)
    return statement
  }
  const transaction = (work: () => void): void => {
    const db = Store.connected(held, directory)
    db.exec("BEGIN IMMEDIATE")
    try {
      work()
      db.exec("COMMIT")
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK")
      throw error
    }
  }
  return {
    /** The first call; whatever it returns, each later one opens what is not open. */
    open: (): OpenResult => {
      const opened = Store.open(directory)
      if (opened._tag !== "Open") return opened
      held.db = opened.db
      return { _tag: "Open", damage: opened.damage }
    },
    createSession: ({ id, created_at, cli_id }: Pick<StoredSession, "id" | "created_at" | "cli_id">): void => {
      Rows.roomFor(sql, quota)
      sql("INSERT INTO session (id, created_at, active_at, cli_id) VALUES (?1, ?2, ?2, ?3)").run(id, created_at, cli_id)
    },
    sessions: (query: ListQuery) => Rows.sessions(sql, query),
    /** Sessions with a turn that has no end. */
    unended: (): ReadonlyArray<string> =>
      sql("SELECT id FROM session WHERE open_turn IS NOT NULL")
        .all()
        .map((row) => String(row["id"])),
    archive: (id: string, archived: boolean): void => {
      sql("UPDATE session SET archived = ? WHERE id = ?").run(Number(archived), id)
    },
    removeSession: (id: string): void => {
      const stored = Rows.session(sql, id)
      // What the agent's CLI remembers of it comes first: a session that is still there can be deleted again.
      if (stored !== null) homes.forget(stored.cli_id)
      transaction(() => Rows.remove(sql, id))
      // Not to be read in the WAL either.
      sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
    },
    operation: (op_id: string) => Rows.operation(sql, op_id),
    session: (id: string) => Rows.session(sql, id),
    prompts: (session: string): ReadonlyArray<string> =>
      sql("SELECT prompt_id FROM prompt WHERE session = ?")
        .all(session)
        .map((row) => String(row["prompt_id"])),
    append: (log: string, rows: ReadonlyArray<Row>, derived: Derived) =>
      transaction(() => Rows.append(sql, quota, log, rows, derived)),
    last: (log: string) => Rows.last(sql, log),
    page: (log: string, after: number, bytes: number) => Rows.page(sql, log, after, bytes),
    full: (log: string, id: number): string | null => {
      const row = sql("SELECT body FROM event_full WHERE log = ? AND id = ?").get(log, id)
      return row === undefined ? null : String(row["body"])
    },
    probe: (now: number) =>
      transaction(() => {
        sql("INSERT OR REPLACE INTO meta (name, value) VALUES ('probed_at', ?)").run(String(now))
      }),
    openHome: homes.openHome,
    closeHome: homes.closeHome,
    removeHomes: homes.removeHomes,
    close: () => held.db?.close()
  }
}

/** How the opening ended; the connection itself stays in the thread. */
export type OpenResult =
  | { readonly _tag: "Open"; readonly damage: string | null }
  | Exclude<Store.Opened, { readonly _tag: "Open" }>

type Calls = ReturnType<typeof make>
export type Name = keyof Calls
export type Args<N extends Name> = Parameters<Calls[N]>
export type Value<N extends Name> = ReturnType<Calls[N]>

export interface WorkerRequest {
  readonly name: Name
  readonly args: ReadonlyArray<unknown>
}
export type WorkerReply =
  | { readonly _tag: "Done"; readonly value: unknown }
  | { readonly _tag: "Failed"; readonly reason: string; readonly full: boolean; readonly cure?: string | null }

/** A thrown error becomes its words: it does not keep its class on the way out of a thread. */
export const reply = (calls: Calls, { name, args }: WorkerRequest): WorkerReply => {
  try {
    const call: (...args: ReadonlyArray<never>) => unknown = calls[name]
    return { _tag: "Done", value: call(...(args as ReadonlyArray<never>)) }
  } catch (error) {
    const cure = error instanceof Unusable ? error.cure : null
    return { _tag: "Failed", reason: reason(error), full: error instanceof Rows.OverQuota, cure }
  }
}
