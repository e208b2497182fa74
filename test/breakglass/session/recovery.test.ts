/** A turn that was open before the restart gets its end, whatever the disk does, and nothing comes between. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { MaxOpsBeforeYield } from "effect/Scheduler"
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { cutOff } from "../../../src/breakglass/session/recovery.ts"
import { type Journal, JournalFailed } from "../../../src/core/journal/Journal.ts"
import { Session } from "../../../src/breakglass/session/Session.ts"
import { markerName } from "../../../src/breakglass/agent/profile.ts"
import { all, kinds, one, outcome, why } from "../../support/session/events.ts"
import { alive, having } from "../../support/server/processes.ts"
import { lives, log, say, sessions, success } from "../../support/session/sessions.ts"

const no = Effect.fail(new JournalFailed({ reason: "disk I/O error", full: false }))
type Service = Journal["Service"]

const state = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "breakglass-former-"))),
  (directory) => Effect.sync(() => Fs.rmSync(directory, { recursive: true }))
)

/** Leaves this session as a life does that ends in the middle of a turn. */
const crashed = (directory: string, id: string, turn: string) => {
  const user = JSON.stringify({ kind: "user", text: "go", at: "2026-01-01T00:00:00.000Z", id: 0 })
  const db = new DatabaseSync(Path.join(directory, "journal.db"))
  db.prepare("INSERT INTO event (log, id, at, json) VALUES (?, 0, '2026-01-01T00:00:00.000Z', ?)").run(id, user)
  db.prepare("UPDATE session SET open_turn = ?, cli_opened = 1, title = 'go' WHERE id = ?").run(turn, id)
  db.close()
}

/** A life that ended in the middle of a turn, with a process of the turn's that still runs; then the next one. */
const afterACrash = (
  journal: (real: Service) => Service,
  next: (id: string, orphan: number, ran: ReturnType<typeof lives>["ran"]) => Effect.Effect<void, unknown, Session>
) =>
  Effect.gen(function* () {
    const directory = yield* state
    const id = yield* Effect.provide(
      Effect.flatMap(Session, ({ create }) => create),
      sessions(lives().layer, { directory })
    )
    const turn = randomUUID()
    crashed(directory, id, turn)
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

const ended = (id: string) => until(Effect.map(log(id), (events) => all(events, "turn_end").length === 1))

/** The turn from before the restart, ended as interrupted; then the next prompt, whose turn is told of it. */
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
  it("says of its processes what became of them, and of the target only what is known", () => {
    const said = (seen: ReadonlyArray<number>, left: number | null) => cutOff({ found: new Set(seen), survivors: left })
    assert.include(said([1], 0), " 1 process of it was still running and was ended. ")
    assert.include(said([1, 2], 0), " 2 processes of it were still running and were ended. ")
    assert.include(said([1, 2], 1), " 2 processes of it were still running, and 1 could not be ended. ")
    assert.include(said([], null), " could not be looked for. ")
    assert.match(said([], 0), /on the target may run on there: look before you go on\.$/)
  })

  it.live("is ended before anything else, with what it left running", () => afterACrash((real) => real, honest))

  for (const unreadable of ["unended", "prompts"] as const) {
    /** Fails the first time. */
    const sick = (real: Service): Service => {
      let first = true
      const once = <A>(well: Effect.Effect<A, JournalFailed>) =>
        Effect.suspend(() => {
          if (!first) return well
          first = false
          return no
        })
      return unreadable === "unended"
        ? { ...real, unended: once(real.unended) }
        : { ...real, prompts: (session) => once(real.prompts(session)) }
    }

    it.live(`is ended too when its ${unreadable} could not be read at the start, though nobody asks for it`, () =>
      afterACrash(sick, (id, orphan, ran) =>
        Effect.gen(function* () {
          yield* until(Effect.sync(() => !alive(orphan)))
          yield* ended(id)
          yield* honest(id, orphan, ran)
        })
      )
    )

    it.live(`is ended before another session's first turn when its ${unreadable} could not be read at the start`, () =>
      afterACrash(sick, (_, orphan, ran) =>
        Effect.gen(function* () {
          const session = yield* Session
          const other = yield* session.create
          yield* session.prompt(other, say("go"))
          assert.deepStrictEqual([alive(orphan), ran.length], [false, 1])
          yield* settled(other)
        })
      )
    )
  }

  it.live("is ended also when who asked for it first went away at any moment of the asking", () => {
    const hidden = (real: Service): Service => ({ ...real, unended: Effect.succeed([]) })
    return Effect.gen(function* () {
      const directory = yield* state
      const between = sessions(lives().layer, { directory, journal: hidden })
      const create = Effect.flatMap(Session, (session) => Effect.all(Array.from({ length: 80 }, () => session.create)))
      const ids = yield* Effect.provide(create, between)
      for (const id of ids) crashed(directory, id, randomUUID())
      yield* Effect.gen(function* () {
        const session = yield* Session
        for (const [yields, id] of ids.entries()) {
          const asked = yield* Effect.forkChild(Effect.provideService(session.get(id), MaxOpsBeforeYield, 3))
          for (let left = yields; left > 0; left--) yield* Effect.yieldNow
          yield* Fiber.interrupt(asked)
        }
        yield* Effect.forEach(ids, ended, { concurrency: "unbounded" })
      }).pipe(Effect.provide(between))
    }).pipe(Effect.scoped)
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
        assert.strictEqual(refused._tag, "EndPending")
        full = false
        yield* ended(id)
        one(yield* log(id), "error")
        yield* honest(id, orphan, ran)
      })
    )
  })
})
