/** The shapes that a journal's file has had: older ones are read, a newer one is left alone. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { journalWorker } from "../../../src/breakglass/root.ts"
import * as Journal from "../../../src/core/journal/Journal.ts"
import { directory, roomy } from "../../support/journal/journals.ts"
import { root } from "../../support/server/BreakglassServer.ts"

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

describe("the journal's shape", () => {
  it.effect("LIFE-08 opens a file of version 1 with all that is in it", () =>
    Effect.gen(function* () {
      const path = yield* directory
      written(path, v1)
      const own = yield* Journal.make({ directory: path, quota: roomy, worker: journalWorker })
      assert.deepStrictEqual(
        (yield* own.page(id, -1, 1e6)).map(({ id }) => id),
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
    it.effect(`LIFE-08 does not use the file of a newer server that was ${state}, and leaves every byte of it`, () =>
      Effect.gen(function* () {
        const [writer, path] = [yield* directory, yield* directory]
        const newer = "INSERT INTO meta VALUES ('version', '9'); PRAGMA user_version = 9"
        const db = written(writer, `${v1};${newer}`, then)
        Fs.cpSync(writer, path, { recursive: true })
        if (db.isOpen) db.close()
        Fs.rmSync(Path.join(path, "journal.db-shm"), { force: true })
        const before = contents(path)
        const own = yield* Journal.make({ directory: path, quota: roomy, worker: journalWorker })
        assert.isFalse(yield* own.writable)
        const refused = yield* Effect.flip(
          own.createSession({ id, created_at: "2026-01-01T00:00:00.000Z", cli_id: id })
        )
        assert.match(refused.reason, /^the journal was written by a newer server \(version 9, this one knows \d+\)$/)
        assert.deepStrictEqual(
          contents(path).filter(([, bytes]) => bytes !== ""),
          before
        )
      })
    )
  }

  for (const version of [0, 5, -1]) {
    it.effect(`DISK-03 takes the version ${version}, that only a damaged number claims, for damage`, () =>
      Effect.gen(function* () {
        const path = yield* directory
        written(path, `${v1};PRAGMA user_version = ${version}`)
        const own = yield* Journal.make({ directory: path, quota: roomy, worker: journalWorker })
        assert.strictEqual((yield* own.page(id, -1, 1e6)).length, 3)
        assert.isTrue(Fs.existsSync(Path.join(path, "journal.db.damaged-1")))
      })
    )
  }
})
