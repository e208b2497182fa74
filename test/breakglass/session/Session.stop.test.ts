/** Stop while its log's disk gives no answer, or takes nothing. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { Journal } from "../../../src/core/journal/Journal.ts"
import { Session } from "../../../src/breakglass/session/Session.ts"
import { kinds, one, outcome } from "../../support/session/events.ts"
import { holding, silent } from "../../support/journal/held.ts"
import { init, lives, log, say, sessions, settle, success, turn } from "../../support/session/sessions.ts"

type Service = Journal["Service"]

describe("a turn whose disk takes no end", () => {
  it.effect("DISK-01 is stopped, which is not said to be in the log before it is", () => {
    let full = true
    const journal = (real: Service): Service => ({
      ...real,
      append: (name, rows, derived) =>
        Effect.suspend(() =>
          full && derived?.beyondQuota === true ? Effect.fail(silent) : real.append(name, rows, derived)
        )
    })
    return Effect.gen(function* () {
      const session = yield* Session
      const id = yield* session.create
      yield* session.prompt(id, say("go"))
      yield* TestClock.adjust("1 second")
      const stopping = yield* Effect.forkChild(session.cancel(id), { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      assert.notInclude(kinds(yield* log(id)), "turn_end")
      assert.strictEqual((yield* Effect.flip(Fiber.join(stopping)))._tag, "StopUnrecorded")
      full = false
      yield* TestClock.adjust("1 second")
      assert.strictEqual(outcome(yield* log(id)), "cancelled")
    }).pipe(Effect.provide(sessions(lives({ says: [init] }).layer, { journal })))
  })
})

describe("Stop while the prompt is on its way to a disk that gives no answer", () => {
  /** A prompt that is held, and then what happens to it; the CLI would work if it were begun. */
  const held = (
    then: (
      at: { readonly id: string; readonly prompt: Fiber.Fiber<unknown, unknown> } & ReturnType<typeof holding>
    ) => Effect.Effect<void, unknown, Session>
  ) => {
    const disk = holding('"user"')
    const { layer, ran } = lives(success)
    return Effect.gen(function* () {
      const session = yield* Session
      const id = yield* session.create
      const prompt = yield* Effect.forkChild(session.prompt(id, say("go")), { startImmediately: true })
      yield* then({ id, prompt, ...disk })
      assert.strictEqual(outcome(yield* turn(id, "again")), "completed")
      assert.strictEqual(ran.length, 1)
    }).pipe(Effect.provide(sessions(layer, { journal: disk.journal })))
  }
  const stopped = (id: string) =>
    Effect.gen(function* () {
      const events = yield* settle(id)
      assert.deepStrictEqual(kinds(events), ["user", "cancelled", "turn_end"])
      assert.strictEqual(outcome(events), "cancelled")
      assert.deepInclude(one(events, "cancelled"), { ended: 0, left: 0, remote: "none" })
    })

  it.effect("DISK-04 RACE-04 is not forgotten: it says so, and the turn ends before the agent is started", () =>
    held(({ id, prompt, letGo }) =>
      Effect.gen(function* () {
        const stopping = yield* Effect.forkChild((yield* Session).cancel(id), { startImmediately: true })
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual((yield* Effect.flip(Fiber.join(stopping)))._tag, "StopPending")
        yield* letGo
        yield* Fiber.join(prompt)
        yield* stopped(id)
      })
    )
  )

  it.effect("DISK-04 is answered as any other when the disk wakes in time", () =>
    held(({ id, prompt, letGo }) =>
      Effect.gen(function* () {
        const stopping = yield* Effect.forkChild((yield* Session).cancel(id), { startImmediately: true })
        yield* TestClock.adjust("4 seconds")
        yield* letGo
        yield* Fiber.join(prompt)
        assert.isTrue(yield* Fiber.join(stopping))
        yield* stopped(id)
      })
    )
  )

  it.effect("DISK-04 counts also when who asked for it has gone", () =>
    held(({ id, prompt, letGo }) =>
      Effect.gen(function* () {
        const stopping = yield* Effect.forkChild((yield* Session).cancel(id), { startImmediately: true })
        yield* Fiber.interrupt(stopping)
        yield* letGo
        yield* Fiber.join(prompt)
        yield* stopped(id)
      })
    )
  )

  it.effect("DISK-04 had nothing to stop when the disk refuses the prompt after all", () =>
    held(({ id, prompt, fail }) =>
      Effect.gen(function* () {
        const stopping = yield* Effect.forkChild((yield* Session).cancel(id), { startImmediately: true })
        yield* fail
        assert.isTrue(Exit.isFailure(yield* Fiber.await(prompt)))
        assert.isFalse(yield* Fiber.join(stopping))
        assert.isEmpty(yield* log(id))
      })
    )
  )
})
