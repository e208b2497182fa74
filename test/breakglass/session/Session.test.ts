/** Session and Turn under a clock of the test's own: every limit and every moment of a Stop, without waiting for one. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Layer } from "effect"
import { MaxOpsBeforeYield } from "effect/Scheduler"
import { TestClock } from "effect/testing"
import * as Agent from "../../../src/breakglass/demo/agent.ts"
import type { Step } from "../../../src/breakglass/demo/incident.ts"
import { Session } from "../../../src/breakglass/session/Session.ts"
import type { SubprocessRunner } from "../../../src/core/process/SubprocessRunner.ts"
import { all, one, outcome } from "../../support/session/events.ts"
import type { Entry } from "../../support/http/frames.ts"
import { seeded } from "../../support/text/seeded.ts"
import { init, lives, log, lost, say, sessions, settle, turn } from "../../support/session/sessions.ts"

const prose = (text: string): Step => ({ _tag: "Say", text })
const tool = (takes: number): Step => ({ _tag: "Run", tools: [{ command: "x", output: "y", takes }] })
/** The fake agent plays these steps for every prompt. */
const plays = (...steps: ReadonlyArray<Step>) => Agent.layer(() => steps)
const over = (runner: Layer.Layer<SubprocessRunner>) => Effect.provide(sessions(runner))

/** One end of two, and its events; of a turn that was stopped it was said that one ran. */
const truthful = (events: ReadonlyArray<Entry>, found: boolean, note: string) => {
  const stopped = outcome(events) === "cancelled"
  assert.strictEqual(outcome(events), stopped ? "cancelled" : "completed", note)
  assert.strictEqual(all(events, "result").length, stopped ? 0 : 1, note)
  assert.strictEqual(all(events, "cancelled").length, stopped ? 1 : 0, note)
  if (stopped) assert.isTrue(found, note)
}

describe("Stop", () => {
  const steps = [prose("one two three"), tool(300), prose("four five")]

  it.effect("at any moment of a turn ends it once, truthfully, and the next turn works", () =>
    Effect.gen(function* () {
      const session = yield* Session
      for (let at = 0; at <= 1900; at += 20) {
        const id = yield* session.create
        yield* session.prompt(id, say("go"))
        yield* TestClock.adjust(at)
        const { turn_active } = yield* session.get(id)
        assert.strictEqual(yield* session.cancel(id), turn_active, `after ${at} ms`)
        const events = yield* log(id)
        truthful(events, turn_active, `after ${at} ms`)
        assert.isFalse((yield* session.get(id)).turn_active)
        assert.isFalse(yield* session.cancel(id))
        assert.deepStrictEqual(yield* log(id), events)
        if (at % 400 === 0) assert.strictEqual(outcome(yield* turn(id, "again")), "completed")
      }
    }).pipe(over(plays(...steps)))
  )

  it.effect("RACE-03 at every yield on the way to an end has one of two outcomes, and says which", () =>
    Effect.gen(function* () {
      const session = yield* Session
      const seen = new Set<string>()
      for (let yields = 0; yields < 150; yields++) {
        const id = yield* session.create
        yield* session.prompt(id, say("go"))
        for (let left = yields; left > 0; left--) yield* Effect.yieldNow
        const stopped = yield* session.cancel(id)
        const events = yield* log(id)
        truthful(events, stopped, `after ${yields} yields`)
        seen.add(outcome(events))
      }
      assert.deepStrictEqual([...seen].sort(), ["cancelled", "completed"])
    }).pipe(over(plays()))
  )

  it.effect(
    "RACE-03 at 1,000 random moments has one of two outcomes, and says which",
    () =>
      Effect.gen(function* () {
        const random = seeded("RACE-03")
        const session = yield* Session
        for (let round = 0; round < 1000; round++) {
          const id = yield* session.create
          yield* session.prompt(id, say("go"))
          yield* TestClock.adjust(Math.floor(random() * 500))
          for (let left = Math.floor(random() * 30); left > 0; left--) yield* Effect.yieldNow
          const answers = yield* Effect.all(
            Array.from({ length: 1 + Math.floor(random() * 3) }, () => session.cancel(id)),
            { concurrency: "unbounded" }
          )
          // Who asked while it ran, and who asked afterwards.
          truthful(yield* log(id), answers.includes(true), `round ${round}`)
        }
      }).pipe(over(plays(prose("a")))),
    // A thousand turns, on a machine that may be busy.
    { timeout: 120_000 }
  )

  it.effect("RACE-04 asked for twice at once ends it once, and both are told", () =>
    Effect.gen(function* () {
      const session = yield* Session
      const id = yield* session.create
      yield* session.prompt(id, say("go"))
      yield* TestClock.adjust("1 second")
      const both = yield* Effect.all([session.cancel(id), session.cancel(id)], { concurrency: 2 })
      assert.deepStrictEqual(both, [true, true])
      assert.strictEqual(outcome(yield* log(id)), "cancelled")
      assert.isFalse(yield* session.cancel(id))
    }).pipe(over(plays(...steps)))
  )

  for (const ops of [8, 16, 32, 64, 128]) {
    it.effect(
      `asked for while the prompt is still being taken in stops that turn, with a yield every ${ops} steps`,
      () =>
        Effect.gen(function* () {
          const session = yield* Session
          for (let yields = 0; yields < 60; yields++) {
            const id = yield* session.create
            const asked = yield* Effect.forkChild(session.prompt(id, say("go")))
            for (let left = yields; left > 0; left--) yield* Effect.yieldNow
            const stopping = yield* Effect.forkChild(session.cancel(id))
            yield* Fiber.join(asked)
            const stopped = yield* Fiber.join(stopping)
            truthful(yield* settle(id), stopped, `after ${yields} yields`)
          }
        }).pipe(Effect.provideService(MaxOpsBeforeYield, ops), over(plays()))
    )
  }

  it.effect("in the middle of looking for a lost conversation ends the turn, not the looking", () =>
    Effect.gen(function* () {
      for (let yields = 0; yields < 90; yields += 3) {
        const { layer } = lives(lost("No conversation found with session ID: x"), { says: [init] })
        yield* Effect.gen(function* () {
          const session = yield* Session
          const id = yield* session.create
          yield* session.prompt(id, say("go"))
          for (let left = yields; left > 0; left--) yield* Effect.yieldNow
          const stopping = yield* Effect.forkChild(session.cancel(id), { startImmediately: true })
          const events = yield* settle(id)
          assert.isTrue(yield* Fiber.join(stopping), `after ${yields} yields`)
          assert.strictEqual(outcome(events), "cancelled", `after ${yields} yields`)
          assert.isFalse((yield* session.get(id)).turn_active)
        }).pipe(over(layer))
      }
    })
  )

  it.effect("RACE-03 of a turn that is being ended for another reason is told that one ran, once it has ended", () => {
    const { layer } = lives({ says: [init] })
    return Effect.gen(function* () {
      const session = yield* Session
      const id = yield* session.create
      yield* session.prompt(id, say("go"))
      yield* TestClock.adjust("61 seconds")
      assert.isTrue((yield* session.get(id)).turn_active)
      const stopping = yield* Effect.forkChild(session.cancel(id), { startImmediately: true })
      const events = yield* settle(id)
      assert.strictEqual(outcome(events), "timed_out")
      assert.isTrue(yield* Fiber.join(stopping))
    }).pipe(Effect.provide(sessions(layer, { env: { BREAKGLASS_TURN_TIMEOUT_SECONDS: "60" } })))
  })

  it.effect("RACE-05 that takes its time lets no second turn begin", () => {
    const { ran, layer } = lives({ says: [init] })
    return Effect.gen(function* () {
      const session = yield* Session
      const id = yield* session.create
      yield* session.prompt(id, say("go"))
      yield* TestClock.adjust("1 second")
      const stopping = yield* Effect.forkChild(session.cancel(id), { startImmediately: true })
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual((yield* Effect.flip(session.prompt(id, say("too early"))))._tag, "TurnRunning")
      assert.strictEqual(ran.length, 1)
      yield* TestClock.adjust("1 second")
      assert.isTrue(yield* Fiber.join(stopping))
      assert.match(one(yield* log(id), "cancelled").how, /^SIGKILL/)
      assert.strictEqual(outcome(yield* turn(id, "again")), "completed")
      assert.strictEqual(ran.length, 2)
    }).pipe(over(layer))
  })
})
