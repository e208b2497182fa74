import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { journalWorker } from "../../../src/breakglass/root.ts"
import * as Journal from "../../../src/core/journal/Journal.ts"
import type { ListQuery, Row, StoredSession } from "../../../src/core/journal/types.ts"
import { directory, journal, mebibyte, roomy, upTo } from "../../support/journal/journals.ts"

const id = "00000000-0000-4000-8000-000000000000"
const session = { id, created_at: "2026-01-01T00:00:00.000Z", cli_id: id }
const row = (at: number, json = `{"id":${at}}`): Row => ({
  id: at,
  at: `2026-01-01T00:00:${String(at % 60).padStart(2, "0")}.000Z`,
  json,
  full: null
})

const first: ListQuery = { limit: 50, before: null, archived: false }

describe("Journal", () => {
  it.effect("keeps a session as it was made and as it was changed", () =>
    Effect.gen(function* () {
      const own = yield* journal
      yield* own.createSession(session)
      const made: StoredSession = {
        ...session,
        title: "",
        cli_opened: false,
        open_turn: null,
        unfinished: false,
        archived: false,
        last_event_id: null,
        last_event_at: null
      }
      assert.deepStrictEqual(yield* own.session(id), Option.some(made))
      const columns = { title: "t", cli_id: "00000000-0000-4000-8000-00000000000c", open_turn: "o" }
      yield* own.append(id, [row(0)], { columns: { ...columns, cli_opened: 1, unfinished: 1 }, prompt_ids: ["p"] })
      const flags = { cli_opened: true, unfinished: true }
      const changed = { ...made, ...columns, ...flags, last_event_id: 0, last_event_at: row(0).at }
      assert.deepStrictEqual(yield* own.sessions(first), { rows: [changed], next: null })
      assert.deepStrictEqual(yield* own.prompts(id), ["p"])
      assert.deepStrictEqual(yield* own.session("another"), Option.none())
    })
  )

  it.effect("lists the newest activity first, sessions without any by their birth", () =>
    Effect.gen(function* () {
      const own = yield* journal
      for (const at of upTo(3)) {
        yield* own.createSession({ id: `s${at}`, cli_id: "c", created_at: `2026-01-01T00:00:0${at}.500Z` })
      }
      yield* own.append("s0", [row(9)])
      assert.deepStrictEqual(
        (yield* own.sessions(first)).rows.map(({ id }) => id),
        ["s0", "s2", "s1"]
      )
    })
  )

  it.effect("writes all of an append or none: events, what was cut, session and prompt", () =>
    Effect.gen(function* () {
      const own = yield* journal
      yield* own.createSession(session)
      yield* own.append(id, [row(0), { ...row(1), full: "whole" }], { prompt_ids: ["p"] })
      const twice = [row(2), { ...row(3), full: "gone" }, row(1)]
      const failed = yield* Effect.flip(own.append(id, twice, { columns: { title: "never" }, prompt_ids: ["q"] }))
      assert.isFalse(failed.full)
      assert.deepStrictEqual(yield* own.last(id), { id: 1, at: row(1).at })
      assert.deepStrictEqual(
        (yield* own.page(id, -1, 1e6)).map(({ id }) => id),
        [0, 1]
      )
      assert.deepStrictEqual(yield* own.full(id, 1), Option.some("whole"))
      assert.deepStrictEqual(yield* own.full(id, 3), Option.none())
      assert.deepStrictEqual(yield* own.prompts(id), ["p"])
      assert.strictEqual(Option.getOrThrow(yield* own.session(id)).title, "")
    })
  )

  it.effect("pages a log in order, at least one event and about as many bytes as asked", () =>
    Effect.gen(function* () {
      const own = yield* journal
      yield* own.append(
        "log",
        upTo(1200).map((at) => row(at))
      )
      yield* own.append("other", [row(0, '"other"')])
      yield* own.append("log", [row(1200, JSON.stringify("x".repeat(10_000))), row(1201)])
      const seen: Array<number> = []
      for (
        let page = yield* own.page("log", -1, 1000);
        page.length > 0;
        page = yield* own.page("log", seen.at(-1) ?? -1, 1000)
      ) {
        assert.isAtMost(
          page.slice(0, -1).reduce((sum, { json }) => sum + json.length, 0),
          1000
        )
        seen.push(...page.map(({ id }) => id))
      }
      assert.deepStrictEqual(seen, [...upTo(1202)])
      assert.isAtMost((yield* own.page("log", -1, 1e9)).length, 500)
    })
  )

  it.effect("DISK-05 refuses what goes over a session's limit, in words, and still lets in what may go beyond", () =>
    Effect.gen(function* () {
      const own = yield* Journal.make({
        directory: yield* directory,
        quota: { ...roomy, session: mebibyte },
        worker: journalWorker
      })
      yield* own.createSession(session)
      const large = JSON.stringify("x".repeat(600_000))
      yield* own.append(id, [row(0, large)], { columns: { open_turn: "t" } })
      const refused = yield* Effect.flip(own.append(id, [row(1, large)]))
      assert.isTrue(refused.full)
      assert.strictEqual(refused.reason, "this session's log has reached its limit of 1 MiB; begin a new session")
      yield* own.append(id, [row(1, large)], { beyondQuota: true })
      assert.isTrue((yield* Effect.flip(own.append(id, [row(2)]))).full)
      yield* own.append("vm", [row(0)])
      assert.isTrue(yield* own.writable)
    })
  )

  it.effect("DISK-05 refuses what goes over the whole journal's limit, new sessions too", () =>
    Effect.gen(function* () {
      const own = yield* Journal.make({
        directory: yield* directory,
        quota: { ...roomy, total: mebibyte },
        worker: journalWorker
      })
      yield* own.createSession(session)
      yield* own.append(id, [row(0, JSON.stringify("x".repeat(900_000)))], { columns: { open_turn: "t" } })
      const refused = yield* Effect.flip(own.append(id, [row(1, JSON.stringify("x".repeat(200_000)))]))
      assert.match(
        refused.reason,
        /^the journal has reached its limit of 1 MiB; BREAKGLASS_JOURNAL_QUOTA_MB raises it$/
      )
      yield* own.append(id, [row(1, JSON.stringify("x".repeat(200_000)))], { beyondQuota: true })
      assert.isTrue((yield* Effect.flip(own.append(id, [row(2)]))).full)
      assert.isTrue((yield* Effect.flip(own.createSession({ ...session, id: "s2" }))).full)
      assert.deepStrictEqual(
        (yield* own.page(id, -1, 1e9)).map(({ id }) => id),
        [0, 1]
      )
    })
  )

  it.effect("is writable when it is, and gives back what it was given after it was closed and opened", () =>
    Effect.gen(function* () {
      const path = yield* directory
      yield* Effect.scoped(
        Effect.gen(function* () {
          const own = yield* Journal.make({ directory: path, quota: roomy, worker: journalWorker })
          yield* own.createSession(session)
          yield* own.append(id, [{ ...row(0), full: "whole" }], { columns: { open_turn: "t" } })
          assert.isTrue(yield* own.writable)
        })
      )
      const again = yield* Journal.make({ directory: path, quota: roomy, worker: journalWorker })
      assert.deepStrictEqual(yield* again.page(id, -1, 1e6), [row(0)])
      assert.deepStrictEqual(yield* again.full(id, 0), Option.some("whole"))
      assert.strictEqual(Option.getOrThrow(yield* again.session(id)).open_turn, "t")
    })
  )

  it.effect("is refused a directory that another one holds", () =>
    Effect.gen(function* () {
      const path = yield* directory
      yield* Journal.make({ directory: path, quota: roomy, worker: journalWorker })
      assert.include(
        (yield* Effect.flip(Journal.make({ directory: path, quota: roomy, worker: journalWorker }))).reason,
        "another breakglass server"
      )
    })
  )
})
