import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { journalWorker } from "../../../src/breakglass/root.ts"
import * as Journal from "../../../src/core/journal/Journal.ts"
import { open } from "../../../src/core/journal/open.ts"
import {
  cut,
  files,
  flip,
  noise,
  none,
  strayed,
  survives,
  survivesAll,
  temporary
} from "../../support/journal/damage.ts"
import { directory, roomy, upTo } from "../../support/journal/journals.ts"
import { root } from "../../support/server/project.ts"
import { seeded } from "../../support/text/seeded.ts"

const v1 = Fs.readFileSync(Path.join(root, "test/fixtures/journal/v1.sql"), "utf8")
const id = "6f1c1d1e-0000-4000-8000-000000000001"

/** The header's bits that say how the file is to be read (sqlite.org/fileformat2.html, 1.3): bytes 18, 19, 46 and 47. */
const formats = [144, 146, 147, 151, 152, 154, 155, 159, 368, 375, 376, 378, 379, 380, 382, 383]

const written = (path: string, sql: string, then: (db: DatabaseSync) => void = (db) => db.close()) => {
  const db = new DatabaseSync(Path.join(path, "journal.db"))
  db.exec(sql)
  then(db)
  return db
}

describe("a damaged journal", () => {
  for (const how of ["stopped", "killed"] as const) {
    const taken = files(how)
    for (const [name, bytes] of Object.entries(taken)) {
      it(`DISK-03 opens, keeps the good part and sets the rest aside, once: ${name} of a server that was ${how}`, () => {
        const random = seeded(`DISK-03 ${how} ${name}`)
        const anywhere = (of: number) => Math.floor(random() * of)
        const last = upTo(25).map(() => cut(bytes, bytes.length - anywhere(4096)))
        const flips = upTo(60).map(() => flip(bytes, anywhere(bytes.length * 8)))
        assert.isAbove(survivesAll(taken, name, last), 0.6)
        assert.isAbove(survivesAll(taken, name, flips), 0.9)
        survivesAll(
          taken,
          name,
          upTo(15).map(() => cut(bytes, anywhere(bytes.length)))
        )
        survivesAll(
          taken,
          name,
          upTo(40).map((at) => flip(bytes, formats[at] ?? anywhere(800)))
        )
        survivesAll(taken, name, noise(bytes, random))
      })
    }
  }

  it("DISK-03 keeps a log up to the event that strayed into another", () => {
    const taken = files("stopped")
    const kept = survives("an event strayed", { ...taken, "journal.db": strayed(taken["journal.db"] ?? none, 86) })
    assert.strictEqual(kept, (120 + 120 + 86) / 360)
  })

  it("DISK-03 keeps what a file that was cut in the middle still has", () => {
    const taken = files("stopped")
    const bytes = taken["journal.db"] ?? none
    const cuts = upTo(10).map((at) => cut(bytes, Math.floor(bytes.length * (0.95 - at * 0.03))))
    assert.isAbove(survivesAll(taken, "journal.db", cuts), 0.1)
  })

  it("DISK-03 does not take an empty file beside a WAL for a new one", () => {
    const taken = files("killed")
    const path = temporary()
    Fs.writeFileSync(Path.join(path, "journal.db"), "")
    Fs.writeFileSync(Path.join(path, "journal.db-wal"), taken["journal.db-wal"] ?? none)
    const opened = open(path)
    assert.isTrue(opened._tag === "Open" && opened.damage !== null)
    assert.isTrue(Fs.readFileSync(Path.join(path, "journal.db.damaged-1-wal")).equals(taken["journal.db-wal"] ?? none))
    if (opened._tag === "Open") opened.db.close()
    Fs.rmSync(path, { recursive: true })
  })

  it.effect("DISK-03 finds damage where no event is", () =>
    Effect.gen(function* () {
      const path = yield* directory
      const db = written(path, v1, () => {})
      const page = Number(
        db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'event_full'").get()?.["rootpage"]
      )
      db.close()
      const file = Fs.openSync(Path.join(path, "journal.db"), "r+")
      Fs.writeSync(file, Buffer.alloc(4096, 7), 0, 4096, (page - 1) * 4096)
      Fs.closeSync(file)
      const own = yield* Journal.make({ directory: path, quota: roomy, worker: journalWorker })
      assert.strictEqual((yield* own.page(id, -1, 1e6)).length, 3)
      assert.isTrue(Fs.existsSync(Path.join(path, "journal.db.damaged-1")))
    })
  )

  it.effect("DISK-03 ends a salvage that was cut short between its moves", () =>
    Effect.gen(function* () {
      const path = yield* directory
      written(path, v1)
      const file = Path.join(path, "journal.db")
      Fs.renameSync(file, `${file}.salvaged`)
      Fs.writeFileSync(`${file}-wal`, "of the damaged one")
      const own = yield* Journal.make({ directory: path, quota: roomy, worker: journalWorker })
      assert.strictEqual((yield* own.page(id, -1, 1e6)).length, 3)
      assert.strictEqual(Fs.readFileSync(`${file}.damaged-1-wal`, "utf8"), "of the damaged one")
    })
  )

  it.effect("DISK-03 says so in the log that was cut, and lets its turn be ended", () =>
    Effect.gen(function* () {
      const path = yield* directory
      written(path, v1, (db) => {
        db.exec("UPDATE event SET id = 7 WHERE id = 2")
        db.close()
      })
      const own = yield* Journal.make({ directory: path, quota: roomy, worker: journalWorker })
      const rows = yield* own.page(id, -1, 1e6)
      assert.deepStrictEqual(
        rows.map(({ id }) => id),
        [0, 1, 2]
      )
      assert.include(rows[2]?.json, '"code":"journal_damaged"')
      const row = Option.getOrThrow(yield* own.session(id))
      assert.deepStrictEqual([row.open_turn, row.last_event_id], ["lost", 2])
    })
  )

  it.effect(
    "DISK-03 shows a notice where a flipped bit has made an event unreadable, and the session whatever became of it",
    () =>
      Effect.gen(function* () {
        const path = yield* directory
        written(path, v1, (db) => {
          db.exec(
            "UPDATE event SET json = '{' || json WHERE id = 1; UPDATE session SET cli_opened = 77, title = x'00ff'"
          )
          db.close()
        })
        const own = yield* Journal.make({ directory: path, quota: roomy, worker: journalWorker })
        const [, damaged] = yield* own.page(id, -1, 1e6)
        assert.deepInclude(JSON.parse(damaged?.json ?? ""), { kind: "notice", code: "event_damaged", id: 1 })
        assert.strictEqual((yield* own.sessions({ limit: 50, before: null, archived: false })).rows.length, 1)
      })
  )
})
