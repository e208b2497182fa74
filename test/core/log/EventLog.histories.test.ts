import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { MaxOpsBeforeYield } from "effect/Scheduler"
import { dice, history } from "../../support/journal/histories.ts"
import { follow, ids, journal, logOver, text, until, upTo } from "../../support/journal/journals.ts"
import { seeded } from "../../support/text/seeded.ts"

describe("any history of a log", () => {
  it.effect(
    "SSE-03 loses nothing, doubles nothing and reorders nothing, whoever drops when: 300 histories",
    () =>
      Effect.gen(function* () {
        const roll = dice(seeded("SSE-03"))
        const over = yield* journal
        let connections = 0
        for (const run of upTo(300)) connections += yield* history(over, `log ${run}`, roll)
        assert.isAbove(connections, 600)
      }),
    60_000
  )

  it.effect("SSE-04 gives a reader that attaches at any moment of an append everything, once", () =>
    Effect.gen(function* () {
      const over = yield* journal
      for (const ops of upTo(10)) {
        for (const delay of upTo(40)) {
          const log = yield* logOver(over, `${ops} ${delay}`)
          const reading = yield* Effect.forEach(upTo(delay), () => Effect.yieldNow).pipe(
            Effect.andThen(until(log.attach(follow(null)), ({ lastEventId }) => lastEventId === "5")),
            Effect.forkChild,
            Effect.provideService(MaxOpsBeforeYield, 3 + ops)
          )
          for (const batch of [[0], [1, 2], [3, 4, 5]]) yield* log.append(batch.map((at) => text(`${at}`)))
          const frames = yield* Fiber.join(reading)
          assert.deepStrictEqual(ids(frames), upTo(6))
          assert.isAtMost(frames.filter(({ type }) => type === "caught-up").length, 1)
        }
      }
    }).pipe(Effect.provideService(MaxOpsBeforeYield, 5))
  )
})
