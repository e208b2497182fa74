/** Claims: one operation for one id, one at a time, whatever the scheduler does and however often the server dies. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { MaxOpsBeforeYield } from "effect/Scheduler"
import { TestClock } from "effect/testing"
import { randomUUID } from "node:crypto"
import { PveVerbs } from "../../../src/breakglass/power/PveVerbs.ts"
import { broken, host, last, result, runs } from "../../support/power/hostWords.ts"
import { directory } from "../../support/journal/journals.ts"
import { aDay, begin, carriedOut, operation, over, power, until } from "../../support/power/powerSimulation.ts"

const slow = () => host(() => ({ lines: ["a line", result(0)], takes: 5000 }))

describe("a claim", () => {
  for (const yields of [5, 8, 13, 21, 34, 2048]) {
    it.effect(`VERB-03 100 of one id at once, with a yield every ${yields}: one is sent, all are told the same`, () => {
      const { ask, count } = slow()
      return Effect.gen(function* () {
        const service = yield* PveVerbs
        const request = { verb: "cycle", op_id: randomUUID(), actor: "op" } as const
        const all = yield* Effect.all(
          Array.from({ length: 100 }, () => service.start(request)),
          { concurrency: "unbounded" }
        ).pipe(Effect.provideService(MaxOpsBeforeYield, yields))
        yield* until(request.op_id, over)
        assert.deepStrictEqual(new Set(all.map(({ op_id }) => op_id)), new Set([request.op_id]))
        assert.strictEqual(count("cycle"), 1)
      }).pipe(Effect.provide(power(ask)))
    })

    it.effect(`PVE-01 20 that change it at once, with a yield every ${yields}: one is sent, the rest name it`, () => {
      const { ask, asked } = slow()
      return Effect.gen(function* () {
        const service = yield* PveVerbs
        const all = yield* Effect.all(
          Array.from({ length: 20 }, (_, at) =>
            Effect.result(service.start({ verb: at % 2 === 0 ? "cycle" : "stop", op_id: randomUUID(), actor: "op" }))
          ),
          { concurrency: "unbounded" }
        ).pipe(Effect.provideService(MaxOpsBeforeYield, yields))
        const begun = all.flatMap((one) => (one._tag === "Success" ? [one.success.op_id] : []))
        const named = all.flatMap((one) =>
          one._tag === "Failure" && one.failure._tag === "OperationRunning" ? [one.failure.op_id] : []
        )
        assert.strictEqual(begun.length, 1)
        yield* until(begun[0] ?? "", over)
        assert.strictEqual(named.length, 19)
        assert.deepStrictEqual(new Set(named), new Set(begun))
        assert.lengthOf(
          asked.filter((verb) => verb !== "status"),
          1
        )
      }).pipe(Effect.provide(power(ask)))
    })
  }

  it.effect("VERB-02 of an id that was another verb's is refused, also after its end", () => {
    const { ask, asked } = host(() => ({ lines: [result(0)] }))
    return Effect.gen(function* () {
      const service = yield* PveVerbs
      const id = yield* begin("cycle")
      for (const _ of ["running", "ended"]) {
        const refused = yield* Effect.flip(service.start({ verb: "status", op_id: id, actor: "op" }))
        assert.strictEqual(refused._tag, "IdInUse")
        yield* until(id, over)
      }
      assert.strictEqual(yield* begin("cycle", id), id)
      assert.deepStrictEqual(asked, ["cycle", "status"])
    }).pipe(Effect.provide(power(ask)))
  })

  it.effect("is listed while it is among the newest 500 or runs, and can be asked for after that", () => {
    const { ask } = host((verb) => ({ lines: [result(0)], takes: verb === "cycle" ? 10_000_000 : 1 }))
    return Effect.gen(function* () {
      const service = yield* PveVerbs
      const cycle = yield* begin("cycle")
      const first = yield* begin("status")
      for (let at = 0; at < 600; at++) {
        yield* begin("status")
        yield* TestClock.adjust(5)
      }
      assert.isAtMost((yield* service.list).length, 501)
      assert.strictEqual((yield* operation(cycle)).ended_at, null)
      assert.notInclude(
        (yield* service.list).map(({ op_id }) => op_id),
        first
      )
      assert.strictEqual((yield* operation(first)).outcome, "ok")
    }).pipe(Effect.provide(power(ask)))
  })
})

describe("LIFE-02 a server that died in the middle of an operation", () => {
  const life = (home: string, ask: ReturnType<typeof host>["ask"]) => Effect.provide(power(ask, home))
  const open = Effect.fnUntraced(function* (home: string, verb: "cycle" | "status") {
    const { ask } = slow()
    return yield* life(
      home,
      ask
    )(
      Effect.gen(function* () {
        const id = yield* begin(verb)
        yield* TestClock.adjust("1 second")
        return id
      })
    )
  })

  it.effect("asks the host what became of it and never sends it again; meanwhile nothing else is sent", () =>
    Effect.gen(function* () {
      yield* aDay
      const home = yield* directory
      const id = yield* open(home, "cycle")
      const { ask, count } = host((verb, times) =>
        verb === "last" ? (times < 4 ? last("known=yes rc=- worker=alive") : last("known=yes rc=0 worker=ended")) : runs
      )
      yield* life(
        home,
        ask
      )(
        Effect.gen(function* () {
          const service = yield* PveVerbs
          const busy = yield* Effect.flip(service.start({ verb: "stop", op_id: randomUUID(), actor: "op" }))
          assert.strictEqual(busy._tag, "OperationRunning")
          assert.deepInclude(yield* until(id, over), { outcome: "ok", exit_code: 0, verified: true })
          assert.deepStrictEqual([count("cycle"), count("stop"), count("last")], [0, 0, 4])
        })
      )
      // What it printed in the first life is still there.
      const second = host(() => broken)
      const { output } = yield* life(home, second.ask)(operation(id))
      assert.include(output, "a line")
      // And a third life has nothing to ask.
      const third = host(() => broken)
      yield* life(
        home,
        third.ask
      )(
        Effect.gen(function* () {
          yield* TestClock.adjust("1 minute")
          assert.deepInclude(yield* operation(id), { outcome: "ok", verified: true })
          assert.deepStrictEqual(third.asked, [])
        })
      )
    })
  )

  it.effect("goes on asking about what was unknown when it died", () =>
    Effect.gen(function* () {
      yield* aDay
      const home = yield* directory
      const lost = host(() => broken)
      const { op_id } = yield* life(home, lost.ask)(carriedOut("cycle"))
      const { ask, count } = host((verb) => (verb === "last" ? last("known=yes rc=1 worker=ended") : runs))
      yield* life(
        home,
        ask
      )(
        Effect.gen(function* () {
          assert.deepInclude(yield* until(op_id, ({ outcome }) => outcome !== "unknown"), { outcome: "failed" })
          assert.strictEqual(count("cycle"), 0)
        })
      )
    })
  )

  it.effect("ends a read that was cut short as unknown, and asks nothing", () =>
    Effect.gen(function* () {
      const home = yield* directory
      const id = yield* open(home, "status")
      const { ask, asked } = host(() => runs)
      yield* life(
        home,
        ask
      )(
        Effect.gen(function* () {
          assert.strictEqual((yield* until(id, over)).outcome, "unknown")
          assert.deepStrictEqual(asked, [])
        })
      )
    })
  )
})
