/** A journal of known content, ways to damage its files, and what must hold of whatever is opened after that. */
import { assert } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import type { DatabaseSync } from "node:sqlite"
import * as Rows from "../../../src/core/journal/queries.ts"
import { open } from "../../../src/core/journal/open.ts"
import { roomy } from "./journals.ts"

export const logs = ["s0", "s1", "vm"] as const
const events = 120
const at = "2026-01-01T00:00:00.000Z"

const json = (log: string, id: number) =>
  JSON.stringify({ kind: "text", text: `${log} ${id} `.padEnd(160, "."), at, id })

const opened = (directory: string): DatabaseSync => {
  const result = open(directory)
  if (result._tag !== "Open") throw new Error(`${result._tag}: ${result.reason}`)
  return result.db
}

const fill = (db: DatabaseSync) => {
  const sql = (text: string) => db.prepare(text)
  for (const id of logs.slice(0, 2)) {
    sql("INSERT INTO session (id, created_at, cli_id) VALUES (?, ?, ?)").run(id, at, id)
  }
  for (let id = 0; id < events; id++) {
    for (const log of logs) {
      const full = id % 10 === 0 ? `whole ${log} ${id}` : null
      Rows.append(sql, roomy, log, [{ id, at, json: json(log, id), full }], {})
    }
  }
}

/** One event of the vm's log whose row says that it is of another one. */
export const strayed = (bytes: Buffer, id: number): Buffer => {
  const copy = Buffer.from(bytes)
  const key = Buffer.concat([Buffer.from("vm"), Buffer.of(id), Buffer.from(at)])
  for (let found = copy.indexOf(key); found !== -1; found = copy.indexOf(key, found + 1)) copy.write("v-", found)
  return copy
}

export const none = Buffer.alloc(0)

export type Files = Readonly<Record<string, Buffer>>

/** The files of a journal whose server was stopped, or killed: then most of it is in its WAL. */
export const files = (how: "stopped" | "killed"): Files => {
  const directory = temporary()
  const db = opened(directory)
  db.exec("PRAGMA wal_autocheckpoint = 40")
  fill(db)
  if (how === "stopped") db.close()
  const taken = Object.fromEntries(
    Fs.readdirSync(directory).map((name) => [name, Fs.readFileSync(Path.join(directory, name))])
  )
  if (how === "killed") db.close()
  Fs.rmSync(directory, { recursive: true })
  return taken
}

export const temporary = () => Fs.mkdtempSync(Path.join(Os.tmpdir(), "breakglass-damage-"))

/** What is kept, of how many; throws when anything is not as it was or the journal is of no more use. */
export const survives = (what: string, taken: Files): number => {
  const directory = temporary()
  for (const [name, bytes] of Object.entries(taken)) Fs.writeFileSync(Path.join(directory, name), bytes)
  try {
    const first = open(directory)
    if (first._tag !== "Open") throw new Error(`${first._tag}: ${first.reason}`)
    if (first.damage !== null) setAside(directory, taken)
    const kept = logs.reduce((sum, log) => sum + sound(first.db, log), 0)
    first.db.close()
    const second = open(directory)
    if (second._tag !== "Open" || second.damage !== null) throw new Error(`damaged again: ${JSON.stringify(second)}`)
    second.db.close()
    return kept / (logs.length * events)
  } catch (error) {
    throw new Error(`${what}: ${String(error)}`, { cause: error })
  } finally {
    Fs.rmSync(directory, { recursive: true })
  }
}

const setAside = (directory: string, taken: Files) => {
  const aside = Fs.readdirSync(directory).filter((name) => name.startsWith("journal.db.damaged-1"))
  assert.isNotEmpty(aside, "the damaged file is kept")
  // With a WAL beside it SQLite has put back into it what the WAL still had.
  if ("journal.db-wal" in taken) return
  const kept = Fs.readFileSync(Path.join(directory, "journal.db.damaged-1"))
  assert.isTrue(kept.equals(taken["journal.db"] ?? none), "as it was")
}

/** How many events a log kept: a prefix, in which a flipped bit may have changed one, and at its end a notice. */
const sound = (db: DatabaseSync, log: string): number => {
  const sql = (text: string) => db.prepare(text)
  const rows = []
  for (
    let page = Rows.page(sql, log, -1, 1e6);
    page.length > 0;
    page = Rows.page(sql, log, rows.at(-1)?.id ?? 0, 1e6)
  ) {
    rows.push(...page)
  }
  const notice = rows.at(-1)?.json.includes('"code":"journal_damaged"') === true
  const kept = notice ? rows.slice(0, -1) : rows
  assert.deepStrictEqual(
    rows.map(({ id }) => id),
    rows.map((_, index) => index),
    log
  )
  const changed = kept.filter((row) => row.json !== json(log, row.id))
  assert.isAtMost(changed.length, 1, `${log}: ${JSON.stringify(changed.slice(0, 2))}`)
  for (const { json } of rows) JSON.parse(json)
  const next = rows.length
  Rows.append(sql, roomy, log, [{ id: next, at, json: json(log, next), full: "new" }], {})
  return kept.length
}

/** Ways to damage a file, each as a thunk: the bytes after it. */
export interface Damage {
  readonly what: string
  readonly bytes: () => Buffer
}

export const cut = (bytes: Buffer, at: number): Damage => ({ what: `cut at ${at}`, bytes: () => bytes.subarray(0, at) })

export const flip = (bytes: Buffer, bit: number): Damage => ({
  what: `bit ${bit} flipped`,
  bytes: () => flipped(bytes, bit)
})

export const noise = (bytes: Buffer, random: () => number): ReadonlyArray<Damage> => [
  { what: "emptied", bytes: () => Buffer.alloc(0) },
  { what: "zeroed", bytes: () => Buffer.alloc(bytes.length) },
  { what: "random bytes", bytes: () => Buffer.from(bytes.map(() => Math.floor(random() * 256))) },
  { what: "random bytes in its middle", bytes: () => middling(bytes, random) },
  { what: "doubled", bytes: () => Buffer.concat([bytes, bytes]) },
  { what: "with a tail of zeros", bytes: () => Buffer.concat([bytes, Buffer.alloc(5000)]) }
]

const middling = (bytes: Buffer, random: () => number): Buffer => {
  const copy = Buffer.from(bytes)
  const from = Math.floor(random() * bytes.length)
  copy.subarray(from, from + 4096).forEach((_, at) => copy.writeUInt8(Math.floor(random() * 256), from + at))
  return copy
}

/** Damages one file in each of these ways; the mean of what is kept. */
export const survivesAll = (taken: Files, name: string, damages: ReadonlyArray<Damage>): number =>
  damages.reduce((sum, { what, bytes }) => sum + survives(`${name} ${what}`, { ...taken, [name]: bytes() }), 0) /
  damages.length

const flipped = (bytes: Buffer, bit: number): Buffer => {
  const copy = Buffer.from(bytes)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}
