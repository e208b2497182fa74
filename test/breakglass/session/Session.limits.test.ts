/** What ends a turn but the operator and itself: under a clock of the test's own. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as Agent from "../../../src/breakglass/demo/agent.ts"
import type { Step } from "../../../src/breakglass/demo/incident.ts"
import { Session } from "../../../src/breakglass/session/Session.ts"
import { all, kinds, notices, one, outcome, why } from "../../support/session/events.ts"
import {
  assistant,
  called,
  init,
  type Life,
  lives,
  log,
  result,
  say,
  sessions,
  settle,
  success,
  turn
} from "../../support/session/sessions.ts"

const tool = (takes: number): Step => ({ _tag: "Run", tools: [{ command: "x", output: "y", takes }] })
const plays = (...steps: ReadonlyArray<Step>) => Agent.layer(() => steps)
const limits = (total: number, silence: number) => ({
  env: { BREAKGLASS_TURN_TIMEOUT_SECONDS: String(total), BREAKGLASS_SILENCE_TIMEOUT_SECONDS: String(silence) }
})
const text = (words: string) => assistant({ type: "text", text: words })
const retry = { type: "system", subtype: "api_retry", attempt: 1, max_retries: 3, error_status: 529 }

describe("CLI-11: the limits", () => {
  it.effect("the total one ends a turn however busy it is, and says after how long", () =>
    Effect.gen(function* () {
      const session = yield* Session
      const id = yield* session.create
      yield* session.prompt(id, say("go"))
      yield* TestClock.adjust("59 seconds")
      assert.isTrue((yield* session.get(id)).turn_active)
      const events = yield* settle(id)
      assert.strictEqual(outcome(events), "timed_out")
      assert.strictEqual(why(events), "turn timed out after 60s")
    }).pipe(Effect.provide(sessions(plays(tool(120_000)), limits(60, 90))))
  )

  it.effect("silence of the model ends it, and the error says what was silent", () =>
    Effect.gen(function* () {
      const session = yield* Session
      const id = yield* session.create
      yield* session.prompt(id, say("go"))
      yield* TestClock.adjust("89 seconds")
      assert.isTrue((yield* session.get(id)).turn_active)
      const events = yield* settle(id)
      assert.strictEqual(outcome(events), "failed")
      assert.match(why(events), /^The AI service said nothing for 90 s, .* No command was running/)
    }).pipe(Effect.provide(sessions(lives({ says: [init, text("hm")] }).layer, limits(1800, 90))))
  )

  it.effect("silence of a command does not, until no command can still be running; and then the error names it", () =>
    Effect.gen(function* () {
      const session = yield* Session
      const id = yield* session.create
      yield* session.prompt(id, say("go"))
      yield* TestClock.adjust("659 seconds")
      assert.isTrue((yield* session.get(id)).turn_active)
      const events = yield* settle(id)
      assert.strictEqual(outcome(events), "failed")
      assert.match(why(events), /^Bash ran for 660 s without an end, so it and the turn were ended\./)
      assert.notInclude(why(events), "No command was running")
      assert.notInclude(why(events), "AI service")
    }).pipe(Effect.provide(sessions(lives({ says: [init, assistant(called)] }).layer, limits(1800, 90))))
  )

  it.effect("a silent model is noticed after 30 s, once for each silence", () =>
    Effect.gen(function* () {
      const session = yield* Session
      const id = yield* session.create
      yield* session.prompt(id, say("go"))
      yield* TestClock.adjust("29 seconds")
      assert.deepStrictEqual(notices(yield* log(id)), [])
      yield* TestClock.adjust("2 seconds")
      assert.match(one(yield* log(id), "notice").text, /silent \(30 s; giving up at 90 s\)\. VM controls/)
      yield* TestClock.adjust("50 seconds")
      assert.deepStrictEqual(notices(yield* log(id)), ["quiet"])
      assert.strictEqual(outcome(yield* settle(id)), "failed")
    }).pipe(Effect.provide(sessions(lives({ says: [init, text("hm")] }).layer, limits(1800, 90))))
  )

  for (const [what, life] of [
    ["a command that runs", { says: [init, assistant(called)] }],
    ["a turn that has said its last word", { says: [init, text("hm"), result] }]
  ] as ReadonlyArray<readonly [string, Life]>) {
    it.effect(`${what} is not a silent model`, () =>
      Effect.gen(function* () {
        const session = yield* Session
        const id = yield* session.create
        yield* session.prompt(id, say("go"))
        yield* TestClock.adjust("80 seconds")
        assert.deepStrictEqual(
          notices(yield* log(id)).filter((code) => code === "quiet"),
          []
        )
        yield* Effect.forkChild(session.cancel(id), { startImmediately: true })
        yield* settle(id)
      }).pipe(Effect.provide(sessions(lives(life).layer, limits(1800, 90))))
    )
  }

  it.effect("the API's retries are notices at once, and no error while they last", () =>
    Effect.gen(function* () {
      const events = yield* turn(yield* (yield* Session).create, "go")
      assert.deepStrictEqual(kinds(events), ["user", "session", "notice", "notice", "text", "result", "turn_end"])
      assert.match(all(events, "notice")[0]?.text ?? "", /answered 529 \(try 1 of 3\)\. VM controls work/)
    }).pipe(
      Effect.provide(
        sessions(lives({ says: [init, retry, { ...retry, error_status: null }, text("ok"), result], exit: 0 }).layer)
      )
    )
  )
})

describe("RES-06: where /proc shows nothing", () => {
  it.effect("Stop says so, and a turn that ends by itself claims nothing", () => {
    const { layer } = lives({ says: [init], unseen: true }, { ...success, unseen: true })
    return Effect.gen(function* () {
      const session = yield* Session
      const id = yield* session.create
      yield* session.prompt(id, say("go"))
      yield* TestClock.adjust("1 second")
      yield* Effect.forkChild(session.cancel(id), { startImmediately: true })
      const stopped = yield* settle(id)
      assert.match(one(stopped, "cancelled").how, /\/proc cannot be read, so only the process group was ended/)
      const next = yield* turn(id, "again")
      assert.deepStrictEqual(notices(next), [])
      assert.strictEqual(outcome(next), "completed")
    }).pipe(Effect.provide(sessions(Layer.fresh(layer))))
  })
})

describe("CLI-07: a process that nothing ends", () => {
  const stuck: Life = { says: [init, assistant(called)], immortal: true }

  it.effect("does not keep Stop from its answer, which counts it", () =>
    Effect.gen(function* () {
      const session = yield* Session
      const id = yield* session.create
      yield* session.prompt(id, say("go"))
      yield* TestClock.adjust("1 second")
      const stopping = yield* Effect.forkChild(session.cancel(id), { startImmediately: true })
      yield* TestClock.adjust("30 seconds")
      assert.isTrue(stopping.pollUnsafe() !== undefined)
      assert.isTrue(yield* Fiber.join(stopping))
      const events = yield* log(id)
      assert.deepInclude(one(events, "cancelled"), { ended: 0, left: 1 })
      assert.strictEqual(outcome(events), "cancelled")
      assert.strictEqual(outcome(yield* turn(id, "again")), "completed")
    }).pipe(Effect.provide(sessions(lives(stuck).layer)))
  )

  it.effect("does not keep a turn from its end, which says that it is left", () =>
    Effect.gen(function* () {
      const session = yield* Session
      const id = yield* session.create
      yield* session.prompt(id, say("go"))
      yield* TestClock.adjust("90 seconds")
      assert.isFalse((yield* session.get(id)).turn_active)
      const events = yield* log(id)
      assert.strictEqual(outcome(events), "timed_out")
      assert.deepStrictEqual(notices(events), ["not_ended"])
      assert.match(one(events, "notice").text, /^1 process of this turn could not be ended/)
    }).pipe(Effect.provide(sessions(lives(stuck).layer, limits(60, 90))))
  )
})
