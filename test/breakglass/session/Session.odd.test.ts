/** What of the CLI's words is odd and was not needed loses nothing else of them; what would become an option is not taken. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Journal } from "../../../src/core/journal/Journal.ts"
import { Session } from "../../../src/breakglass/session/Session.ts"
import { all, kinds, outcome } from "../../support/session/events.ts"
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
  settle
} from "../../support/session/sessions.ts"

/** A turn in which the CLI says this, and then stays until it is ended: only its result can end the turn this soon. */
const turn = (says: Life["says"] & object) =>
  Effect.gen(function* () {
    const session = yield* Session
    const id = yield* session.create
    yield* session.prompt(id, say("go"))
    return yield* settle(id)
  }).pipe(Effect.provide(sessions(lives({ says }).layer)))

describe("CLI-06: an odd optional field", () => {
  it.effect("of a result does not keep the turn open, and what is not said of its price counts nothing", () =>
    Effect.gen(function* () {
      const odd = { ...result, total_cost_usd: null, usage: null, duration_ms: "1" }
      const events = yield* turn([init, odd])
      assert.strictEqual(outcome(events), "completed")
      assert.deepInclude(all(events, "result")[0], {
        cost_usd: 0,
        duration_ms: 0,
        usage: { input_tokens: 0, output_tokens: 0 }
      })
    })
  )

  it.effect("of a tool's result does not lose its output", () =>
    Effect.gen(function* () {
      const content = [{ type: "tool_result", tool_use_id: "t", content: "it printed this", is_error: null }]
      const events = yield* turn([init, assistant(called), { type: "user", message: { content } }, result])
      assert.deepStrictEqual(kinds(events).slice(0, 5), ["user", "session", "tool", "tool_result", "result"])
      assert.deepInclude(all(events, "tool_result")[0], { output: "it printed this", is_error: false })
    })
  )
})

describe("CLI-14: a conversation's id that would be an option", () => {
  const option = '--settings={"hooks":{}}'

  it.effect("from the CLI is not taken: the next turn resumes the one that was begun", () => {
    const { layer, ran } = lives({ says: [{ ...init, session_id: option }, result], exit: 0 })
    return Effect.gen(function* () {
      const session = yield* Session
      const id = yield* session.create
      for (const prompt of ["one", "two"]) {
        yield* session.prompt(id, say(prompt))
        yield* settle(id)
      }
      assert.deepStrictEqual(
        ran.map(({ conversation }) => conversation),
        [
          ["--session-id", id],
          ["--resume", id]
        ]
      )
      assert.deepInclude(all(yield* log(id), "session")[0], { session_id: id })
    }).pipe(Effect.provide(sessions(layer)))
  })

  it.effect("from the disk is not taken: the session's own id is", () => {
    const { layer, ran } = lives()
    return Effect.gen(function* () {
      const session = yield* Session
      const id = "0a0e3c1c-7f5f-4d55-9a4e-7c3b8f5b0a01"
      yield* (yield* Journal).createSession({ id, created_at: "2026-01-01T00:00:00Z", cli_id: option })
      yield* session.prompt(id, say("one"))
      yield* settle(id)
      assert.deepStrictEqual(ran[0]?.conversation, ["--session-id", id])
    }).pipe(Effect.provide(sessions(layer)))
  })
})
