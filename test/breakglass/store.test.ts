import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Journal from "../../src/breakglass/Journal.ts"
import { open } from "../../src/breakglass/store.ts"
import { cut, files, flip, noise, survivesAll } from "../support/damage.ts"
import { directory, roomy, upTo } from "../support/journals.ts"
import { root } from "../support/BreakglassServer.ts"
import { seeded } from "../support/processes.ts"

const contents = (path: string) =>
  Fs.readdirSync(path)
    .filter((name) => /^journal\.db(-wal)?$/.test(name))
    .map((name) => [name, Fs.readFileSync(Path.join(path, name)).toString("base64")])

const v1 = Fs.readFileSync(Path.join(root, "test/fixtures/journal/v1.sql"), "utf8")
const id = "6f1c1d1e-0000-4000-8000-000000000001"

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
          upTo(40).map(() => flip(bytes, anywhere(800)))
        )
        survivesAll(taken, name, noise(bytes, random))
      })
    }
  }

  it.effect("DISK-03 ends a salvage that was cut short between its moves", () =>
    Effect.gen(function* () {
      const path = yield* directory
      written(path, v1)
      const file = Path.join(path, "journal.db")
      Fs.renameSync(file, `${file}.salvaged`)
      Fs.writeFileSync(`${file}-wal`, "of the damaged one")
      const own = yield* Journal.make(path, roomy)
      assert.strictEqual(own.page(id, -1, 1e6).length, 3)
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
      const own = yield* Journal.make(path, roomy)
      const rows = own.page(id, -1, 1e6)
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
        const own = yield* Journal.make(path, roomy)
        const [, damaged] = own.page(id, -1, 1e6)
        assert.deepInclude(JSON.parse(damaged?.json ?? ""), { kind: "notice", code: "event_damaged", id: 1 })
        assert.strictEqual((yield* own.sessions).length, 1)
      })
  )
})

describe("the journal's shape", () => {
  it.effect("LIFE-08 opens a file of version 1 with all that is in it", () =>
    Effect.gen(function* () {
      const path = yield* directory
      written(path, v1)
      const own = yield* Journal.make(path, roomy)
      assert.deepStrictEqual(
        own.page(id, -1, 1e6).map(({ id }) => id),
        [0, 1, 2]
      )
      assert.deepStrictEqual(yield* own.full(id, 1), Option.some("Looking, at length."))
      assert.deepStrictEqual(yield* own.prompts(id), ["p-1"])
      assert.deepInclude(Option.getOrThrow(yield* own.session(id)), { title: "the VM is slow", cli_opened: true })
    })
  )

  for (const [state, then] of [
    ["stopped", (db: DatabaseSync) => db.close()],
    ["killed", () => {}]
  ] as const) {
    it.effect(`LIFE-08 refuses the file of a newer server that was ${state}, and leaves every byte of it`, () =>
      Effect.gen(function* () {
        const [writer, path] = [yield* directory, yield* directory]
        const newer = "INSERT INTO meta VALUES ('version', '9'); PRAGMA user_version = 9"
        const db = written(writer, `${v1};${newer}`, then)
        Fs.cpSync(writer, path, { recursive: true })
        if (db.isOpen) db.close()
        Fs.rmSync(Path.join(path, "journal.db-shm"), { force: true })
        const before = contents(path)
        const refused = yield* Effect.flip(Journal.make(path, roomy))
        assert.match(refused.reason, /^the journal was written by a newer server \(version 9, this one knows 1\)$/)
        assert.deepStrictEqual(
          contents(path).filter(([, bytes]) => bytes !== ""),
          before
        )
      })
    )
  }

  it.effect("DISK-03 takes a version that only one bit claims for damage, not for a newer server", () =>
    Effect.gen(function* () {
      const path = yield* directory
      written(path, `${v1};PRAGMA user_version = 5`)
      const opened = open(path)
      assert.strictEqual(opened._tag === "Open" && opened.damage !== null, true)
      if (opened._tag === "Open") opened.db.close()
    })
  )
})
