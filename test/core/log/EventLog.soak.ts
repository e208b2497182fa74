import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { dice, history } from "../../support/journal/histories.ts"
import { journal, upTo } from "../../support/journal/journals.ts"
import { seeded } from "../../support/text/seeded.ts"

describe("any history of a log", () => {
  it.effect("SSE-03 loses nothing, doubles nothing and reorders nothing, whoever drops when: 10,000 histories", () =>
    Effect.gen(function* () {
      const roll = dice(seeded("SSE-03"))
      const over = yield* journal
      let connections = 0
      for (const run of upTo(10_000)) connections += yield* history(over, `log ${run}`, roll)
      assert.isAbove(connections, 20_000)
    })
  )
})
