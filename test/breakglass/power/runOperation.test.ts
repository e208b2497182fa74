/** One operation, and a host that says whatever it likes: what is believed, what is asked again, what is never sent again. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { Operation } from "../../../src/contract/Power.ts"
import { PveVerbs } from "../../../src/breakglass/power/PveVerbs.ts"
import { broken, host, last, result, runs, type Script, type Words } from "../../support/power/hostWords.ts"
import { aDay, begin, carriedOut, operation, over, phases, power, until } from "../../support/power/powerSimulation.ts"

const cycled = (script: Script) => {
  const { ask, count } = host(script)
  return Effect.gen(function* () {
    yield* aDay
    const ended = yield* carriedOut("cycle")
    return { ...ended, sent: count("cycle"), asked: count("last") }
  }).pipe(Effect.provide(power(ask)))
}
const words =
  (cycle: Words, told: Words = last("known=no")): Script =>
  (verb) =>
    verb === "cycle" ? cycle : verb === "last" ? told : runs

const refused = "breakglass-refused op=OP reason=no_quorum No quorum. Use reset."

describe("what the host says of an operation", () => {
  const rows: ReadonlyArray<readonly [what: string, script: Script, then: Partial<Operation> & { asked: number }]> = [
    ["done, and it is", words({ lines: [result(0)] }), { outcome: "ok", exit_code: 0, verified: true, asked: 0 }],
    [
      "PVE-08 done, but not as its last word, and did not do it",
      words({ lines: [result(0), "x"] }),
      { outcome: "unreachable", exit_code: null, verified: null, asked: 1 }
    ],
    [
      "PVE-08 done, while its code says failed, and it did fail",
      words({ lines: [result(0)], code: 1, outcome: "failed" }, last("known=yes rc=1 worker=ended")),
      { outcome: "failed", exit_code: 1, verified: null, asked: 1 }
    ],
    [
      "PVE-08 done by another operation's line, and it is",
      words({ lines: [result(0).replace("OP", "x")] }, last("known=yes rc=0 worker=ended")),
      { outcome: "ok", exit_code: 0, verified: true, asked: 1 }
    ],
    [
      "PVE-09 nothing: ssh ended with its own 255",
      words({ outcome: "auth", code: 255, stderr: "denied" }),
      { outcome: "auth", exit_code: null, output: "denied\n", asked: 0 }
    ],
    [
      "that it refuses to begin, with the reason",
      words({ lines: [refused, `${result(0).replace("rc=0", "rc=2")}`], code: 2, outcome: "rejected" }),
      {
        outcome: "rejected",
        exit_code: 2,
        verified: null,
        evidence: "No quorum. Use reset.",
        output: "No quorum. Use reset.\n",
        asked: 0
      }
    ],
    ["nothing: it never heard of it", words(broken), { outcome: "unreachable", exit_code: null, asked: 1 }],
    [
      "that its worker died",
      words(broken, last("known=yes phase=stopping rc=- worker=dead")),
      { outcome: "failed", exit_code: null, asked: 1 }
    ],
    [
      "that it is at it, and then how it ended",
      (verb, times) =>
        verb === "cycle"
          ? broken
          : verb === "last"
            ? last(times < 5 ? "known=yes rc=- worker=alive" : "known=yes rc=20 worker=ended")
            : runs,
      { outcome: "failed", exit_code: 20, asked: 5 }
    ],
    [
      "nothing about this operation, but about another, and then about this one",
      (verb, times) =>
        verb === "cycle"
          ? broken
          : verb === "last"
            ? { lines: [`breakglass-last op=${times < 3 ? "x" : "OP"} known=yes rc=0 worker=ended`] }
            : runs,
      { outcome: "ok", exit_code: 0, verified: true, asked: 3 }
    ],
    [
      "that it does not know the question",
      words(broken, { outcome: "rejected", code: 2 }),
      { outcome: "unknown", exit_code: null, asked: 2 }
    ]
  ]
  for (const [what, script, then] of rows) {
    it.effect(`${what}: it is sent once, and the outcome is ${then.outcome}`, () =>
      Effect.map(cycled(script), (ended) => assert.deepInclude(ended, { ...then, sent: 1 }))
    )
  }

  it.effect("nothing for a minute: unknown, with what to do; and later, when it says so, what it was", () => {
    const { ask, count } = host((verb, times) =>
      verb === "cycle" ? broken : verb === "last" ? (times < 200 ? broken : last("known=yes rc=0 worker=ended")) : runs
    )
    return Effect.gen(function* () {
      yield* aDay
      const id = yield* begin("cycle")
      const first = yield* until(id, over)
      assert.deepInclude(first, { outcome: "unknown", exit_code: null, verified: null })
      assert.include(first.evidence, "Check the VM before you send anything again.")
      const told = yield* until(id, ({ outcome }) => outcome !== "unknown")
      const later = yield* until(told.op_id, ({ phase }) => phase === "done")
      assert.deepInclude(later, { outcome: "ok", verified: true })
      assert.strictEqual(count("cycle"), 1)
    }).pipe(Effect.provide(power(ask)))
  })

  it.effect("reads are not asked about when they are lost", () => {
    const { ask, asked } = host(() => broken)
    return Effect.gen(function* () {
      assert.strictEqual((yield* carriedOut("status")).outcome, "unknown")
      assert.strictEqual((yield* carriedOut("forensics")).outcome, "unknown")
      assert.deepStrictEqual(asked, ["status", "forensics"])
    }).pipe(Effect.provide(power(ask)))
  })

  it.effect("done, and a read-back that fails: not verified either way", () =>
    Effect.gen(function* () {
      const ended = yield* cycled((verb) => (verb === "cycle" ? { lines: [result(0)] } : broken))
      assert.deepInclude(ended, { outcome: "ok", verified: null, evidence: "the host did not say" })
    })
  )

  it.effect("more than a page can hold: the newest of it is kept", () =>
    Effect.gen(function* () {
      const lines = Array.from({ length: 3000 }, (_, at) => `${at} ${"x".repeat(100)}`)
      const { output } = yield* cycled(words({ lines: [...lines, result(0)] }))
      assert.isAtMost(output.length, 64 * 1024)
      assert.include(output, "\n2999 ")
    })
  )
})

describe("an operation", () => {
  it.effect("goes on when who waits for it goes away", () => {
    const { ask } = host(words({ lines: [result(0)], takes: 5000 }))
    return Effect.gen(function* () {
      const service = yield* PveVerbs
      const waiting = yield* Effect.forkChild(service.run({ verb: "cycle", actor: "op" }))
      yield* TestClock.adjust("1 second")
      const [{ op_id: id } = assert.fail()] = yield* service.list
      yield* Fiber.interrupt(waiting)
      assert.isTrue(Exit.isFailure(yield* Fiber.await(waiting)))
      assert.strictEqual((yield* until(id, over)).outcome, "ok")
      assert.deepStrictEqual((yield* phases(id)).at(-1), "done")
    }).pipe(Effect.provide(power(ask)))
  })

  it.effect("that reads runs beside one that changes; a second that changes is refused and names the first", () => {
    const { ask, asked } = host((verb) => ({ lines: [result(0)], takes: verb === "cycle" ? 5000 : 100 }))
    return Effect.gen(function* () {
      const service = yield* PveVerbs
      const id = yield* begin("cycle")
      const refused = yield* Effect.flip(service.start({ verb: "stop", op_id: "x", actor: "agent" }))
      assert.deepInclude(refused, { _tag: "OperationRunning", verb: "cycle", actor: "op", op_id: id })
      assert.strictEqual((yield* carriedOut("status")).outcome, "ok")
      assert.strictEqual((yield* operation(id)).ended_at, null)
      yield* until(id, over)
      assert.strictEqual((yield* carriedOut("stop")).outcome, "ok")
      assert.strictEqual(asked.filter((verb) => verb === "stop").length, 1)
    }).pipe(Effect.provide(power(ask)))
  })
})
