/** Verbs that only read: how many are sent at once, and what further callers are told. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { MaxOpsBeforeYield } from "effect/Scheduler"
import { TestClock } from "effect/testing"
import { randomUUID } from "node:crypto"
import type { AskHost } from "../../../src/breakglass/power/hostProtocol.ts"
import type { Verb } from "../../../src/contract/Power.ts"
import { PveVerbs } from "../../../src/breakglass/power/PveVerbs.ts"
import { host, runs } from "../../support/power/hostWords.ts"
import { begin, operation, over, phases, power, until } from "../../support/power/powerSimulation.ts"

const slow = () => host(() => ({ ...runs, takes: 5000 }))

const asked = (verb: Verb, actor: string) =>
  Effect.flatMap(PveVerbs, (service) => Effect.forkChild(service.run({ verb, actor })))

/** Lets the clock run until it holds: what is asked for is sent when the disk has had its moment. */
const clock = Effect.fnUntraced(function* (holds: () => boolean) {
  for (let steps = 0; steps < 5000; steps++) {
    if (holds()) return
    yield* TestClock.adjust("100 millis")
  }
  return yield* Effect.die("never")
})

/** How many it was asked for at once, at most. */
const counted = ({ ask, count }: ReturnType<typeof host>) => {
  let [now, most] = [0, 0]
  const asked: AskHost = (...words) =>
    Effect.suspend(() => {
      most = Math.max(most, ++now)
      return Effect.ensuring(
        ask(...words),
        Effect.sync(() => now--)
      )
    })
  return { ask: asked, count, most: () => most }
}

describe("verbs that only read", () => {
  for (const yields of [5, 13, 34, 2048]) {
    it.effect(
      `20 at once, with a yield every ${yields}: two are sent, the rest share the next and all are answered`,
      () => {
        const { ask, count, most } = counted(slow())
        return Effect.gen(function* () {
          const all = yield* Effect.forEach(Array.from({ length: 20 }), () => asked("forensics", "agent")).pipe(
            Effect.provideService(MaxOpsBeforeYield, yields)
          )
          yield* clock(() => all.every((fiber) => fiber.pollUnsafe() !== undefined))
          const ran = yield* Effect.forEach(all, Fiber.join)
          for (const { operation, reply } of ran) {
            assert.deepInclude(operation, { outcome: "ok", exit_code: 0, evidence: "running, QEMU process 9, up 1 s" })
            assert.strictEqual(reply.exit_code, 0)
          }
          assert.strictEqual(most(), 2)
          assert.strictEqual(new Set(ran.map(({ operation }) => operation.op_id)).size, count("forensics"))
          assert.isBelow(count("forensics"), 20)
        }).pipe(Effect.provide(power(ask)))
      }
    )
  }

  it.effect(
    "that were asked for while one is under way do not get its answer, which may be older than they are",
    () => {
      const { ask, count } = host((_, times) => ({ ...runs, takes: times === 1 ? 600_000 : 5000 }))
      return Effect.gen(function* () {
        const service = yield* PveVerbs
        yield* begin("status")
        yield* begin("status")
        yield* clock(() => count("status") === 2)
        const waiting = yield* begin("status")
        const shared = yield* asked("status", "op")
        // The second ends, so what waits is sent, though the first hangs on.
        yield* clock(() => shared.pollUnsafe() !== undefined)
        assert.strictEqual((yield* Fiber.join(shared)).operation.op_id, waiting)
        assert.deepStrictEqual(yield* phases(waiting), ["waiting", "accepted", "done"])
        assert.deepStrictEqual([count("status"), (yield* service.list).length], [3, 3])
      }).pipe(Effect.provide(power(ask)))
    }
  )

  it.effect("of one asker hold up neither another's, nor another verb, nor what changes the VM", () => {
    const { ask, count } = host(() => ({ ...runs, takes: 3_600_000 }))
    return Effect.gen(function* () {
      const service = yield* PveVerbs
      for (const _ of [1, 2, 3]) yield* service.start({ verb: "status", op_id: randomUUID(), actor: "agent" })
      yield* begin("status")
      yield* service.start({ verb: "forensics", op_id: randomUUID(), actor: "agent" })
      yield* begin("cycle")
      yield* clock(() => count("status") === 3 && count("forensics") === 1 && count("cycle") === 1)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(count("status"), 3)
    }).pipe(Effect.provide(power(ask)))
  })

  it.effect(
    "under an id of the asker's own are refused beyond that and told of the one that waits; the same id is not",
    () => {
      const { ask, count } = slow()
      return Effect.gen(function* () {
        const service = yield* PveVerbs
        const ids = [yield* begin("status"), yield* begin("status"), yield* begin("status")] as const
        const waiting = ids[2]
        assert.strictEqual((yield* operation(waiting)).phase, "waiting")
        const op_id = randomUUID()
        const busy = yield* Effect.flip(service.start({ verb: "status", op_id, actor: "op" }))
        assert.deepInclude(busy, { _tag: "OperationRunning", verb: "status", actor: "op", op_id: waiting })
        assert.strictEqual((yield* service.get(op_id))._tag, "None")
        assert.strictEqual(yield* begin("status", waiting), waiting)
        const taken = yield* Effect.flip(service.start({ verb: "forensics", op_id: waiting, actor: "op" }))
        assert.strictEqual(taken._tag, "IdInUse")
        assert.strictEqual((yield* until(waiting, over)).outcome, "ok")
        assert.strictEqual(count("status"), 3)
      }).pipe(Effect.provide(power(ask)))
    }
  )
})
