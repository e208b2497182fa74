/** An op_id is one operation for ever: however many came after it, and in whichever life of the server. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { AskHost } from "../../../src/breakglass/power/hostProtocol.ts"
import { PveVerbs } from "../../../src/breakglass/power/PveVerbs.ts"
import type { Verb } from "../../../src/contract/Power.ts"
import { directory } from "../../support/journal/journals.ts"
import { power } from "../../support/power/powerSimulation.ts"

const id = "11111111-1111-4111-8111-111111111111"

/** A host that does at once what it is told, and counts. */
const host = () => {
  const sent: Array<string> = []
  const ask: AskHost = (verb, opId) =>
    Effect.sync(() => {
      sent.push(`${verb} ${opId}`)
      const stdout = `breakglass-evidence op=${opId} state=running pid=9 uptime=0\nbreakglass-result op=${opId} rc=0\n`
      return { outcome: "ok", exit_code: 0, stdout, stderr: "" }
    })
  return { ask, sent }
}

const started = (verb: Verb, op_id: string) =>
  Effect.gen(function* () {
    const service = yield* PveVerbs
    return yield* service.start({ verb, op_id, actor: "op" })
  })

const looks = (count: number) =>
  Effect.gen(function* () {
    const service = yield* PveVerbs
    for (let at = 0; at < count; at++) yield* service.run({ verb: "status", actor: "op" })
  })

describe("an op_id", { timeout: 120_000 }, () => {
  for (const count of [510, 5000]) {
    it.live(`is the same operation ${count} operations later and after a restart: the host is told once`, () =>
      Effect.gen(function* () {
        const home = yield* directory
        const { ask, sent } = host()
        yield* Effect.gen(function* () {
          yield* started("reset", id)
          yield* looks(count)
          const again = yield* started("reset", id)
          assert.deepInclude(again, { op_id: id, verb: "reset", actor: "op", outcome: "ok", phase: "done" })
          const taken = yield* Effect.flip(started("cycle", id))
          assert.strictEqual(taken._tag, "IdInUse")
          const service = yield* PveVerbs
          assert.isTrue((yield* service.get(id))._tag === "Some")
          assert.isAtMost((yield* service.list).length, 500)
        }).pipe(Effect.provide(power(ask, home)))
        yield* Effect.gen(function* () {
          assert.deepInclude(yield* started("reset", id), { op_id: id, outcome: "ok" })
        }).pipe(Effect.provide(power(ask, home)))
        assert.deepStrictEqual(
          sent.filter((line) => line.startsWith("reset")),
          [`reset ${id}`]
        )
      })
    )
  }
})
