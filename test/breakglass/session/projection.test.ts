/** What a session's row says follows from its events: step by step, and again from all that is on disk. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { after, empty, project, type Projected, type SessionEvent } from "../../../src/breakglass/session/projection.ts"
import { journalWorker } from "../../../src/breakglass/root.ts"
import * as Journal from "../../../src/core/journal/Journal.ts"
import * as EventLog from "../../../src/core/log/EventLog.ts"
import { make as makeRedact } from "../../../src/core/redact/redact.ts"
import { dice, type Dice } from "../../support/journal/histories.ts"
import { directory, roomy, upTo } from "../../support/journal/journals.ts"
import { root } from "../../support/server/BreakglassServer.ts"
import { seeded } from "../../support/text/seeded.ts"

const id = "6f1c1d1e-0000-4000-8000-000000000001"
const other = "6f1c1d1e-0000-4000-8000-000000000002"
const user = (text: string, turn: string): SessionEvent => ({ kind: "user", text, metadata: { turn } })
const end = (unfinished?: boolean): SessionEvent => ({
  kind: "turn_end",
  outcome: "completed",
  metadata: unfinished === undefined ? {} : { unfinished }
})
const notice = { kind: "notice", code: "quiet", text: "…" } as const
const opened: SessionEvent = { kind: "session", session_id: other }

describe("a step", () => {
  const begun = after(empty(id), user("the VM is slow\nsince noon", "t1"))
  const cases: ReadonlyArray<readonly [what: string, before: Projected, event: SessionEvent, after: Projected]> = [
    [
      "a prompt opens its turn and gives the title",
      empty(id),
      user("one\ntwo", "t"),
      { ...empty(id), title: "one", open_turn: "t" }
    ],
    ["a later prompt keeps the title", begun, user("more", "t2"), { ...begun, open_turn: "t2" }],
    ["the CLI's conversation is the one it opened", begun, opened, { ...begun, cli_id: other, cli_opened: true }],
    [
      "a lost conversation is replaced by one that is not opened yet",
      { ...begun, cli_opened: true },
      { ...notice, metadata: { conversation: other } },
      { ...begun, cli_id: other, cli_opened: false }
    ],
    ["any other notice changes nothing", begun, notice, begun],
    ["an end closes the turn", begun, end(false), { ...begun, open_turn: null }],
    ["an end that was not noted is told of", begun, end(true), { ...begun, open_turn: null, unfinished: true }],
    [
      "an end of which the CLI knows nothing keeps that",
      { ...begun, unfinished: true },
      end(),
      { ...begun, open_turn: null, unfinished: true }
    ],
    ["prose changes nothing", begun, { kind: "text", text: "Looking." }, begun]
  ]
  it.each(cases)("%s", (_, before, event, expected) => assert.deepStrictEqual(after(before, event), expected))

  it("cuts a long title to 80 characters", () => {
    const { title } = after(empty(id), user("x".repeat(90), "t"))
    assert.strictEqual(title, `${"x".repeat(79)}…`)
  })

  it("gives what is stored: changed columns, prompt ids, and the end of a turn beyond any quota", () => {
    const prompt: SessionEvent = { kind: "user", text: "go", metadata: { turn: "t", prompt_id: "p" } }
    assert.deepStrictEqual(project(empty(id), [prompt]).derived, {
      columns: { title: "go", cli_id: id, cli_opened: 0, open_turn: "t", unfinished: 0 },
      prompt_ids: ["p"],
      beyondQuota: false
    })
    assert.deepStrictEqual(project(begun, [notice]).derived, { columns: {}, prompt_ids: [], beyondQuota: false })
    assert.isTrue(project(begun, [notice, end(false)]).derived.beyondQuota)
  })
})

/** As the disk has it, with the server gone: what each session's row says, and what its events say. */
const onDisk = (path: string) => {
  const db = new DatabaseSync(Path.join(path, "journal.db"))
  const events = db.prepare("SELECT json, metadata FROM event WHERE log = ? ORDER BY id")
  const prompts = db.prepare("SELECT prompt_id FROM prompt WHERE session = ? ORDER BY 1")
  const columns = "SELECT id, title, cli_id, cli_opened, open_turn, unfinished FROM session ORDER BY id"
  const found = db
    .prepare(columns)
    .all()
    .map((row) => {
      const { id, ...says } = row
      const entries = events.all(String(id)).map(({ json, metadata }): SessionEvent => ({
        ...(JSON.parse(String(json)) as SessionEvent),
        ...(metadata === null ? {} : { metadata: JSON.parse(String(metadata)) as object })
      }))
      const replayed = entries.reduce(after, empty(String(id)))
      return {
        id: String(id),
        says: { ...says },
        follows: { ...replayed, cli_opened: Number(replayed.cli_opened), unfinished: Number(replayed.unfinished) },
        prompts: prompts.all(String(id)).map(({ prompt_id }) => prompt_id),
        followingPrompts: entries.flatMap(({ metadata }) => metadata?.prompt_id ?? []).sort()
      }
    })
  db.close()
  return found
}

const open = Effect.fnUntraced(function* (path: string, session: string) {
  const journal = yield* Journal.make({ directory: path, quota: roomy, worker: journalWorker })
  const { last_event_id, last_event_at, ...row } = Option.getOrThrow(yield* journal.session(session))
  const { title, cli_id, cli_opened, open_turn, unfinished } = row
  const start = {
    last: { id: last_event_id, at: last_event_at },
    projected: { title, cli_id, cli_opened, open_turn, unfinished }
  }
  return yield* EventLog.make(journal, session, { stored: Effect.succeed(start), project }, start, makeRedact([]))
})

const uuid = (roll: Dice) => `00000000-0000-4000-8000-${String(roll.below(1e9)).padStart(12, "0")}`
const anyEvent = (roll: Dice, at: number): SessionEvent => {
  const events: ReadonlyArray<SessionEvent> = [
    {
      kind: "user",
      text: `prompt ${at}\nmore`,
      metadata: { turn: uuid(roll), ...(roll.chance(2) ? { prompt_id: `p${at}` } : {}) }
    },
    { kind: "session", session_id: uuid(roll) },
    { ...notice, metadata: { conversation: uuid(roll) } },
    notice,
    { kind: "text", text: "Looking." },
    end(),
    end(roll.chance(2))
  ]
  return events[roll.below(events.length)] ?? notice
}

describe("a session's row", () => {
  it.live(
    "is what all of its events say, whatever they are, in whatever pieces, over whatever restarts",
    () =>
      Effect.gen(function* () {
        const roll = dice(seeded("projection"))
        const path = yield* directory
        const sessions = upTo(20).map(() => uuid(roll))
        yield* Effect.scoped(
          Effect.gen(function* () {
            const journal = yield* Journal.make({ directory: path, quota: roomy, worker: journalWorker })
            for (const id of sessions)
              yield* journal.createSession({ id, cli_id: id, created_at: "2026-01-01T00:00:00.000Z" })
          })
        )
        let at = 0
        for (const session of [...sessions, ...sessions]) {
          yield* Effect.scoped(
            Effect.gen(function* () {
              const log = yield* open(path, session)
              for (const size of upTo(roll.below(5)).map(() => 1 + roll.below(4)))
                yield* log.append(upTo(size).map(() => anyEvent(roll, (at += 1))))
            })
          )
        }
        const found = onDisk(path)
        assert.strictEqual(found.length, 20)
        assert.isAbove(new Set(found.map(({ says }) => JSON.stringify(says))).size, 10)
        for (const { says, follows, prompts, followingPrompts } of found) {
          assert.deepStrictEqual(says, follows)
          assert.deepStrictEqual(prompts, followingPrompts)
        }
      }),
    60_000
  )

  for (const version of ["v1", "v2"]) {
    it.live(`is what its events say after a journal of ${version} was taken over, and after what comes then`, () =>
      Effect.gen(function* () {
        const path = yield* directory
        const db = new DatabaseSync(Path.join(path, "journal.db"))
        db.exec(Fs.readFileSync(Path.join(root, `test/fixtures/journal/${version}.sql`), "utf8"))
        const before = db.prepare(
          "SELECT id, title, cli_id, cli_opened, open_turn, unfinished FROM session ORDER BY id"
        )
        const said = before.all().map(({ id, ...says }) => ({ id: String(id), says: { ...says } }))
        db.close()
        yield* Effect.scoped(Journal.make({ directory: path, quota: roomy, worker: journalWorker }))
        assert.deepStrictEqual(
          onDisk(path).map(({ id, follows }) => ({ id, says: follows })),
          said
        )
        for (const { id } of said) {
          yield* Effect.scoped(
            Effect.gen(function* () {
              yield* (yield* open(path, id)).append([user("again", "t9"), opened, notice])
            })
          )
        }
        for (const { says, follows } of onDisk(path)) assert.deepStrictEqual(says, follows)
      })
    )
  }
})
