/** The list of sessions costs what is shown of it, however many there are; an operation is never forgotten. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { journalWorker } from "../../../src/breakglass/root.ts"
import * as Journal from "../../../src/core/journal/Journal.ts"
import type { ListQuery, Page, Row } from "../../../src/core/journal/types.ts"
import { sessionPage } from "../../../src/core/journal/queries.ts"
import { root } from "../../support/server/BreakglassServer.ts"
import { directory, journal, roomy, upTo } from "../../support/journal/journals.ts"

const uuid = (at: number) => `00000000-0000-4000-8000-${String(at).padStart(12, "0")}`
const time = (at: number) => new Date(1_767_225_600_000 + at * 1000).toISOString()
const row = (id: number, at: string): Row => ({
  id,
  at,
  json: `{"kind":"text","text":"${"x".repeat(200)}"}`,
  full: null
})
const first: ListQuery = { limit: 50, before: null, archived: false }

/** All pages, each with its ids. */
const pages = Effect.fnUntraced(function* (own: Journal.Journal["Service"], limit: number) {
  const found: Array<ReadonlyArray<string>> = []
  for (let before: string | null = null; found.length === 0 || before !== null;) {
    const { rows, next }: Page = yield* own.sessions({ ...first, limit, before })
    found.push(rows.map(({ id }) => id))
    before = next
  }
  return found
})

describe("the list of sessions", () => {
  it.effect("comes in pages that hold each session once, newest activity first, those of one moment too", () =>
    Effect.gen(function* () {
      const own = yield* journal
      for (const at of upTo(25)) {
        yield* own.createSession({ id: uuid(at), cli_id: uuid(at), created_at: time(Math.floor(at / 4)) })
      }
      yield* own.append(uuid(3), [row(0, time(99))])
      const found = yield* pages(own, 10)
      assert.deepStrictEqual(
        found.map(({ length }) => length),
        [10, 10, 5]
      )
      const newest = [...upTo(25)].reverse().filter((at) => at !== 3)
      assert.deepStrictEqual(found.flat(), [3, ...newest].map(uuid))
      assert.deepStrictEqual(
        (yield* pages(own, 25)).map(({ length }) => length),
        [25]
      )
    })
  )

  it.effect("leaves out what is archived until that is asked for", () =>
    Effect.gen(function* () {
      const own = yield* journal
      for (const at of upTo(3)) yield* own.createSession({ id: uuid(at), cli_id: uuid(at), created_at: time(at) })
      yield* own.archive(uuid(1), true)
      assert.deepStrictEqual(
        (yield* own.sessions(first)).rows.map(({ id }) => id),
        [uuid(2), uuid(0)]
      )
      const archived = (yield* own.sessions({ ...first, archived: true })).rows
      assert.deepStrictEqual(
        archived.map(({ id, archived }) => [id, archived]),
        [[uuid(1), true]]
      )
      yield* own.archive(uuid(1), false)
      assert.strictEqual((yield* own.sessions(first)).rows.length, 3)
    })
  )

  it.effect("of 102,000 sessions is read through an index, and its first page is some 20 kB", () =>
    Effect.gen(function* () {
      const path = yield* directory
      yield* Effect.scoped(Journal.make({ directory: path, quota: roomy, worker: journalWorker }))
      const db = new DatabaseSync(Path.join(path, "journal.db"))
      db.exec(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 101999)
        INSERT INTO session (id, created_at, active_at, cli_id, title)
        SELECT printf('00000000-0000-4000-8000-%012d', i), 'c', printf('2026-%09d', i), 'c', 'a title of some length' FROM n`)
      const plan = db
        .prepare(`EXPLAIN QUERY PLAN ${sessionPage}`)
        .all(0, "z", "", 51)
        .map(({ detail }) => String(detail))
      const open = db.prepare("EXPLAIN QUERY PLAN SELECT id FROM session WHERE open_turn IS NOT NULL").all()
      db.close()
      assert.match(
        plan[0] ?? "",
        /^SEARCH session USING INDEX session_active \(archived=\? AND \(active_at,id\)<\(\?,\?\)\)/
      )
      assert.deepStrictEqual(
        plan.filter((step) => /^SCAN|TEMP B-TREE/.test(step)),
        []
      )
      assert.match(String(open[0]?.["detail"]), /USING (COVERING )?INDEX session_open/)
      const own = yield* Journal.make({ directory: path, quota: roomy, worker: journalWorker })
      const page = yield* own.sessions(first)
      assert.deepStrictEqual(
        page.rows.map(({ id }) => id),
        upTo(50).map((at) => uuid(101_999 - at))
      )
      assert.isBelow(JSON.stringify(page).length, 20_000)
    })
  )
})

describe("a session that is deleted", () => {
  it.effect("is gone from the disk, every byte that was said in it, and others are not", () =>
    Effect.gen(function* () {
      const path = yield* directory
      const own = yield* Journal.make({ directory: path, quota: roomy, worker: journalWorker })
      const said = (id: number, text: string): Row => ({
        ...row(id, time(id)),
        json: JSON.stringify(text),
        full: `${text} at length`
      })
      for (const at of upTo(2)) yield* own.createSession({ id: uuid(at), cli_id: uuid(at), created_at: time(at) })
      for (const id of upTo(40))
        yield* own.append(uuid(0), [said(id, `zq-secret-words-zq ${"y".repeat(600)}`)], {
          columns: { title: "zq-secret-title" },
          prompt_ids: [`zq-secret-prompt-${id}`]
        })
      yield* own.append(uuid(1), [said(0, "zq-other-words-zq")])
      Fs.mkdirSync(Path.join(path, "conversations"))
      for (const at of upTo(2)) Fs.writeFileSync(Path.join(path, "conversations", `${uuid(at)}.jsonl`), "{}")
      yield* own.removeSession(uuid(0))
      const bytes = ["journal.db", "journal.db-wal"]
        .map((name) => Fs.readFileSync(Path.join(path, name), "latin1"))
        .join("")
      assert.notInclude(bytes, "zq-secret")
      assert.include(bytes, "zq-other-words-zq")
      assert.deepStrictEqual(Fs.readdirSync(Path.join(path, "conversations")), [`${uuid(1)}.jsonl`])
      assert.deepStrictEqual(
        [yield* own.session(uuid(0)), (yield* own.page(uuid(0), -1, 1e6)).length],
        [Option.none(), 0]
      )
      assert.deepStrictEqual(
        (yield* own.sessions(first)).rows.map(({ id }) => id),
        [uuid(1)]
      )
    })
  )
})

describe("a journal of version 1", () => {
  it.effect("is listed by its activity, and knows the operations that its log tells of", () =>
    Effect.gen(function* () {
      const path = yield* directory
      const db = new DatabaseSync(Path.join(path, "journal.db"))
      db.exec(Fs.readFileSync(Path.join(root, "test/fixtures/journal/v1.sql"), "utf8"))
      const op = { op_id: uuid(7), verb: "cycle", phase: "done" }
      const add = db.prepare("INSERT INTO event (log, id, at, json) VALUES ('vm', ?, ?, ?)")
      add.run(0, time(0), JSON.stringify({ kind: "operation", op: { ...op, phase: "accepted" } }))
      add.run(1, time(1), JSON.stringify({ kind: "operation", op }))
      add.run(2, time(2), "{ damaged")
      db.close()
      const own = yield* Journal.make({ directory: path, quota: roomy, worker: journalWorker })
      assert.deepInclude(Option.getOrThrow(yield* own.operation(uuid(7))), {
        verb: "cycle",
        json: JSON.stringify({ kind: "operation", op })
      })
      const { rows } = yield* own.sessions(first)
      assert.strictEqual(rows.length, 1)
      assert.deepStrictEqual((yield* own.sessions({ ...first, before: `${rows[0]?.last_event_at}_` })).rows, [])
    })
  )
})
