/** A turn while its log's disk gives no answer. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Session } from "../../../src/breakglass/session/Session.ts"
import { SubprocessRunner } from "../../../src/core/process/SubprocessRunner.ts"
import { kinds, notices, outcome, said } from "../../support/session/events.ts"
import { holding } from "../../support/journal/held.ts"
import { assistant, init, lives, log, result, say, sessions, settle } from "../../support/session/sessions.ts"

describe("a turn whose disk gives no answer", () => {
  it.effect("DISK-04 is not taken for one whose model is silent", () => {
    const { journal, letGo } = holding("done")
    const { layer } = lives({ says: [init, assistant({ type: "text", text: "done" }), result], exit: 0 })
    return Effect.gen(function* () {
      const session = yield* Session
      const id = yield* session.create
      yield* session.prompt(id, say("go"))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(kinds(yield* log(id)), ["user"])
      yield* letGo
      const events = yield* settle(id)
      assert.strictEqual(outcome(events), "completed")
      assert.isEmpty(notices(events))
    }).pipe(Effect.provide(sessions(layer, { journal, env: { BREAKGLASS_SILENCE_TIMEOUT_SECONDS: "20" } })))
  })

  it.effect("DISK-04 loses nothing of what a program said that has ended since", () => {
    const { journal, letGo } = holding("first")
    const texts = ["first", "second"].map((text) => assistant({ type: "text", text }))
    const { layer } = lives({ says: [init, ...texts, result], exit: 0 })
    const gone = Layer.effect(
      SubprocessRunner,
      Effect.map(SubprocessRunner, ({ start }) => ({
        start: (program) =>
          Effect.map(start(program), (running) => ({
            ...running,
            lines: Stream.rechunk(running.lines, 1),
            exited: Effect.succeed({ code: 0, signal: null })
          }))
      }))
    )
    return Effect.gen(function* () {
      const session = yield* Session
      const id = yield* session.create
      yield* session.prompt(id, say("go"))
      yield* TestClock.adjust("1 minute")
      yield* letGo
      const events = yield* settle(id)
      assert.deepStrictEqual(said(events), ["first", "second"])
      assert.strictEqual(outcome(events), "completed")
    }).pipe(Effect.provide(sessions(Layer.provide(gone, layer), { journal })))
  })

  it.effect("DISK-04 is stopped at once, also while a notice of its own waits", () => {
    const { journal, letGo } = holding("said nothing")
    const { layer, ran } = lives({ says: [init] })
    return Effect.gen(function* () {
      const session = yield* Session
      const id = yield* session.create
      yield* session.prompt(id, say("go"))
      yield* TestClock.adjust("31 seconds")
      const stopping = yield* Effect.forkChild(session.cancel(id), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      assert.isTrue(ran[0]?.heard.some((line) => line.includes("interrupt")))
      assert.notInclude(kinds(yield* log(id)), "turn_end")
      yield* letGo
      yield* TestClock.adjust("1 minute")
      assert.isTrue(yield* Fiber.join(stopping))
      assert.strictEqual(outcome(yield* log(id)), "cancelled")
    }).pipe(Effect.provide(sessions(layer, { journal })))
  })
})
