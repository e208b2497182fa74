/** What the CLI says while it waits, under a clock of the test's own: a summary takes long, and a heartbeat is no life. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Session } from "../../../src/breakglass/session/Session.ts"
import { all, outcome, why } from "../../support/session/events.ts"
import {
  assistant,
  called,
  init,
  type Life,
  lives,
  result,
  say,
  sessions,
  settle
} from "../../support/session/sessions.ts"

const text = (words: string) => assistant({ type: "text", text: words })
const status = { type: "system", subtype: "status" }
// As recorded from 2.1.332, which says it again every 30 s; 2.1.197 says it once.
const compacting = { ...status, status: "compacting", compact_output_chars: 0 }
const over = { ...status, status: null, compact_result: "success" }
const failed = { ...status, status: null, compact_result: "failed", compact_error: "too_few_groups" }
const boundary = { type: "system", subtype: "compact_boundary", compact_metadata: { trigger: "auto" } }
const every30s = (times: number, line: object) => Array.from({ length: times }, () => [30_000, line]).flat()
const env = {
  BREAKGLASS_TURN_TIMEOUT_SECONDS: "7200",
  BREAKGLASS_SILENCE_TIMEOUT_SECONDS: "90",
  BREAKGLASS_COMPACTION_TIMEOUT_SECONDS: "900"
}

const turn = (says: Life["says"] & object, exit?: number) =>
  Effect.gen(function* () {
    const session = yield* Session
    const id = yield* session.create
    yield* session.prompt(id, say("go"))
    const from = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
    const events = yield* settle(id, "1 second")
    const seconds = ((yield* Effect.clockWith((clock) => clock.currentTimeMillis)) - from) / 1000
    const codes = all(events, "notice").map(({ code }) => code)
    return { events, codes, seconds }
  }).pipe(Effect.provide(sessions(lives({ says, ...(exit === undefined ? {} : { exit }) }).layer, { env })))

describe("CLI-11: a conversation that grew too long", () => {
  const ending = [over, boundary, text("done"), result]

  it.effect("may take ten times the silence limit to be summarised, and the log says both ends of it", () =>
    Effect.gen(function* () {
      const { events, codes, seconds } = yield* turn([init, compacting, 880_000, ...ending], 0)
      assert.strictEqual(outcome(events), "completed")
      assert.isAtLeast(seconds, 880)
      assert.deepStrictEqual(codes, ["compacting", "compacted"])
      assert.match(
        all(events, "notice")[0]?.text ?? "",
        /too long for the model.* summary .* VM controls work without it/
      )
    })
  )

  it.effect("is told of once, however often the CLI says that it is summarised", () =>
    Effect.gen(function* () {
      const { events, codes } = yield* turn([init, compacting, ...every30s(20, compacting), ...ending], 0)
      assert.strictEqual(outcome(events), "completed")
      assert.deepStrictEqual(codes, ["compacting", "compacted"])
    })
  )

  it.effect("is not waited for without end, though the CLI says for ever that it is summarised", () =>
    Effect.gen(function* () {
      const { events, codes, seconds } = yield* turn([init, compacting, ...every30s(100, compacting)])
      assert.strictEqual(outcome(events), "failed")
      assert.match(why(events), /^The agent had no summary of this conversation after 900 s.* start a new session/)
      assert.deepStrictEqual(codes, ["compacting"])
      assert.isBelow(seconds, 920)
    })
  )

  it.effect("falls under the silence limit again when its summary is there", () =>
    Effect.gen(function* () {
      const { events, seconds } = yield* turn([init, compacting, 300_000, over, boundary])
      assert.match(why(events), /^The AI service said nothing for 90 s/)
      assert.isBelow(seconds, 410)
    })
  )

  it.effect("says why it could not be summarised, and that a new session helps", () =>
    Effect.gen(function* () {
      const { events, codes } = yield* turn([init, compacting, failed, text("done"), result], 0)
      assert.deepStrictEqual(codes, ["compacting", "compact_failed"])
      assert.match(all(events, "notice")[1]?.text ?? "", /too_few_groups.* start a new session/)
    })
  )

  it.effect("and that the model refuses is explained, with what to do", () =>
    Effect.gen(function* () {
      const refused = { ...result, is_error: true, api_error_status: 400, result: "Prompt is too long" }
      const { events } = yield* turn([init, text("Prompt is too long"), refused], 1)
      assert.match(why(events), /refused this conversation as too long.* Start a new session/)
    })
  )
})

describe("CLI-11: a heartbeat", () => {
  const beat = { type: "tool_progress", tool_use_id: "t-heartbeat-0", tool_name: "Bash", heartbeat: true }

  it.effect("of a command that can no longer run does not keep its turn", () =>
    Effect.gen(function* () {
      const { events, seconds } = yield* turn([init, assistant(called), ...every30s(100, beat)])
      assert.match(why(events), /^Bash ran for 660 s without an end/)
      assert.isBelow(seconds, 680)
    })
  )

  it.effect("of a kind nobody knows does not keep a silent model's turn, nor repeat the notice of its silence", () =>
    Effect.gen(function* () {
      const { events, codes, seconds } = yield* turn([init, ...every30s(100, { type: "keep_alive" })])
      assert.match(why(events), /^The AI service said nothing for 90 s/)
      assert.deepStrictEqual(codes, ["quiet"])
      assert.isBelow(seconds, 110)
    })
  )
})
