/** Real processes. A shell says the pid of each process it has begun, so that none is looked for before it is there. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"
import { randomUUID } from "node:crypto"
import { type Marker, signal, sweep, trace } from "../../../src/core/process/marker.ts"
import { child, dead, fresh, marked, missing, name, shell, stay } from "../../support/server/marked.ts"

const scripts: Readonly<Record<string, string>> = {
  "a child": `${child} & wait`,
  "a child in a session of its own": `setsid ${child} & wait`,
  "a double-forked child whose parent is gone": `(setsid ${child} &) ; wait; kill -STOP $$`,
  "a grandchild": `sh -c "${child.replaceAll("$", "\\$")} & wait" & wait`,
  "a child that runs under another name": `bash -c 'exec -a innocent sh -c "echo \\$\\$; kill -STOP \\$\\$"' & wait`
}

describe("a look", () => {
  for (const [what, script] of Object.entries(scripts)) {
    it.live(`finds ${what}`, () =>
      Effect.gen(function* () {
        const marker = fresh()
        const { pid, pids } = yield* marked(script, marker)
        const found = yield* trace(marker).look
        assert.deepStrictEqual(missing([pid, ...pids], found), [])
      })
    )
  }

  const others: ReadonlyArray<readonly [what: string, environment: (marker: Marker) => Record<string, string>]> = [
    ["another value", () => ({ [name]: randomUUID() })],
    ["a value that this one begins", (marker) => ({ [name]: `${marker.slice(name.length + 1)}0` })],
    ["a value that begins this one", (marker) => ({ [name]: marker.slice(name.length + 1, -1) })],
    ["an empty value", () => ({ [name]: "" })],
    ["a name that ends in this one", (marker) => ({ [`X${name}`]: marker.slice(name.length + 1) })],
    ["the marker inside another variable's value", (marker) => ({ OTHER: marker })],
    ["the marker after a newline in another value", (marker) => ({ OTHER: `x\n${marker}` })],
    ["no marker", () => ({})]
  ]
  for (const [what, environment] of others) {
    it.live(`passes over a process with ${what}`, () =>
      Effect.gen(function* () {
        const marker = fresh()
        const mine = yield* marked(stay, marker)
        yield* shell(stay, environment(marker))
        assert.deepStrictEqual(yield* trace(marker).look, new Set(mine.pids))
      })
    )
  }

  it.live("passes over a process that only speaks of the marker in its arguments", () =>
    Effect.gen(function* () {
      const marker = fresh()
      yield* shell(`${stay} # ${marker}`, {})
      assert.deepStrictEqual(yield* trace(marker).look, new Set())
    })
  )
})

describe("sweep", () => {
  it.live("ends all that carries the marker, counts it, and leaves the rest alone", () =>
    Effect.gen(function* () {
      const marker = fresh()
      const script = `trap '' INT TERM HUP; ${child} & setsid ${child} & (setsid ${child} &) ; wait`
      const { pid, pids } = yield* marked(script, marker, 3)
      const other = yield* marked(stay, fresh())
      const { found, survivors } = yield* sweep(trace(marker).look)
      assert.strictEqual(survivors, 0)
      assert.deepStrictEqual(missing([pid, ...pids], found), [])
      assert.deepStrictEqual(
        [pid, ...pids].filter((each) => !dead(each)),
        []
      )
      assert.isFalse(found.has(other.pid))
      assert.isFalse(dead(other.pid))
    })
  )

  it.live("ends a shell that forks as fast as it can", () =>
    Effect.gen(function* () {
      const marker = fresh()
      const script = `${child} & echo $$; while :; do setsid sleep 300 & done`
      const { pid, pids } = yield* marked(script, marker, 2)
      const { found, survivors } = yield* sweep(trace(marker).look)
      assert.strictEqual(survivors, 0)
      assert.deepStrictEqual(missing([pid, ...pids], found), [])
      assert.deepStrictEqual(yield* trace(marker).look, new Set())
    })
  )

  it.effect("looks again after a round that found nothing: what is in the middle of an exec shows no environment", () =>
    Effect.gen(function* () {
      const rounds = [[2 ** 30], [], [2 ** 30 + 1], [], [], [], []]
      const find = Effect.sync(() => new Set(rounds.shift()))
      const sweeping = yield* Effect.forkChild(sweep(find), { startImmediately: true })
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Fiber.join(sweeping), { found: new Set([2 ** 30, 2 ** 30 + 1]), survivors: 0 })
    })
  )

  it.effect("looks no more after a round that found nothing and cannot have missed anything", () =>
    Effect.gen(function* () {
      const rounds = [[2 ** 30], []]
      let looks = 0
      const find = Effect.sync(() => new Set(rounds[looks++]))
      const sweeping = yield* Effect.forkChild(
        sweep(find, () => true),
        { startImmediately: true }
      )
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Fiber.join(sweeping), { found: new Set([2 ** 30]), survivors: 0 })
      assert.strictEqual(looks, 2)
    })
  )

  it.live("finds nothing where nothing is", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* sweep(trace(fresh()).look), { found: new Set<number>(), survivors: 0 })
    })
  )

  it.effect("gives up after 2 s on what does not die, and says how many", () =>
    Effect.gen(function* () {
      const unkillable = new Set([2 ** 30, 2 ** 30 + 1])
      const sweeping = yield* Effect.forkChild(sweep(Effect.succeed(unkillable)), { startImmediately: true })
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Fiber.join(sweeping), { found: unkillable, survivors: 2 })
    })
  )

  it.effect("does not take an unreadable /proc for an empty one", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* sweep(Effect.succeed(null)), { found: new Set<number>(), survivors: null })
    })
  )
})

describe("signal", () => {
  it.live("is false for a process that is gone, true for one that runs, and 0 does no harm", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { pid } = yield* Scope.provide(shell(stay, {}), scope)
      assert.isTrue(signal(pid, 0))
      assert.isTrue(signal(-pid, 0))
      assert.isFalse(dead(pid))
      assert.isTrue(signal(-pid, "SIGKILL"))
      yield* Effect.repeat(
        Effect.sync(() => signal(pid, 0)),
        { until: (there) => !there }
      )
      assert.isFalse(signal(pid, "SIGKILL"))
      assert.isFalse(signal(-pid, "SIGKILL"))
    })
  )
})
