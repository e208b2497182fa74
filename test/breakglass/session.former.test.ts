/** What a former life left: its turn gets its end, whatever the disk does, and nothing comes between. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { type Journal, JournalFailed } from "../../src/breakglass/Journal.ts"
import { Session } from "../../src/breakglass/Session.ts"
import { markerName } from "../../src/claude/command.ts"
import { all, kinds, one, outcome, why } from "../support/events.ts"
import { alive, having } from "../support/processes.ts"
import { lives, log, say, sessions, success } from "../support/sessions.ts"

const no = Effect.fail(new JournalFailed({ reason: "disk I/O error", full: false }))
type Service = Journal["Service"]

/** A life that ended in the middle of a turn, with a process of the turn's that still runs; then the next one. */
const afterACrash = (
  journal: (real: Service) => Service,
  next: (id: string, orphan: number, ran: ReturnType<typeof lives>["ran"]) => Effect.Effect<void, unknown, Session>
) =>
  Effect.gen(function* () {
    const directory = Fs.mkdtempSync(Path.join(Os.tmpdir(), "breakglass-former-"))
    yield* Effect.addFinalizer(() => Effect.sync(() => Fs.rmSync(directory, { recursive: true })))
    const id = yield* Effect.provide(
      Effect.flatMap(Session, ({ create }) => create),
      sessions(lives().layer, { directory })
    )
    const turn = randomUUID()
    const user = JSON.stringify({ kind: "user", text: "go", at: "2026-01-01T00:00:00.000Z", id: 0 })
    const db = new DatabaseSync(Path.join(directory, "journal.db"))
    db.prepare("INSERT INTO event (log, id, at, json) VALUES (?, 0, '2026-01-01T00:00:00.000Z', ?)").run(id, user)
    db.prepare("UPDATE session SET open_turn = ?, cli_opened = 1, title = 'go' WHERE id = ?").run(turn, id)
    db.close()
    const orphan = spawn("sleep", ["300"], { env: { ...process.env, [markerName]: turn }, stdio: "ignore" })
    const pid = orphan.pid ?? 0
    const { ran, layer } = lives(success, success)
    yield* next(id, pid, ran).pipe(Effect.provide(sessions(layer, { directory, journal })))
    assert.deepStrictEqual(having(`${markerName}=${turn}`), [])
  }).pipe(Effect.scoped)

const until = <E, R>(holds: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(Effect.delay(holds, "5 millis"), { until: (yes) => yes })
const settled = (id: string) =>
  Effect.flatMap(Session, ({ get }) => until(Effect.map(get(id), ({ turn_active }) => !turn_active)))

/** The turn of the former life, ended as what it was; then the next prompt, whose turn is told. */
const honest = (id: string, orphan: number, ran: ReturnType<typeof lives>["ran"]) =>
  Effect.gen(function* () {
    const session = yield* Session
    const events = yield* log(id)
    assert.isFalse(alive(orphan))
    assert.deepStrictEqual(kinds(events), ["user", "error", "turn_end"])
    assert.strictEqual(outcome(events), "interrupted")
    assert.match(why(events), /^the server restarted while this turn ran\. 1 process of it was still running/)
    assert.isFalse((yield* session.get(id)).turn_active)
    yield* session.prompt(id, say("on"))
    yield* settled(id)
    assert.include(ran[0]?.heard[0], "the turn before this one was killed")
    assert.strictEqual(outcome((yield* log(id)).slice(3)), "completed")
  })

describe("LIFE-01: a turn without an end", () => {
  it.live("is ended before anything else, with what it left running", () => afterACrash((real) => real, honest))

  it.live("is ended too when the journal could not be read at the start", () => {
    let first = true
    const unreadable = (real: Service): Service => ({
      ...real,
      sessions: Effect.suspend(() => {
        if (!first) return real.sessions
        first = false
        return no
      })
    })
    return afterACrash(unreadable, honest)
  })

  it.live("is ended as soon as the disk takes it; until then no prompt comes between", () => {
    let full = true
    const unwritable = (real: Service): Service => ({
      ...real,
      append: (...args) => Effect.suspend(() => (full ? no : real.append(...args)))
    })
    return afterACrash(unwritable, (id, orphan, ran) =>
      Effect.gen(function* () {
        const session = yield* Session
        assert.isFalse(alive(orphan))
        assert.deepStrictEqual(kinds(yield* log(id)), ["user"])
        const refused = yield* Effect.flip(session.prompt(id, say("between")))
        assert.strictEqual(refused._tag, "JournalUnavailable")
        full = false
        yield* until(Effect.map(log(id), (events) => all(events, "turn_end").length === 1))
        one(yield* log(id), "error")
        yield* honest(id, orphan, ran)
      })
    )
  })
})
