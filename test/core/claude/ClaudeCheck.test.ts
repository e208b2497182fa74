/** CLI-20 under a clock of the test's own: what a prompt waits for, and what it does not. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Result, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Cli } from "../../../src/core/claude/ClaudeCheck.ts"
import { flags } from "../../../src/core/claude/help.ts"
import type { Line } from "../../../src/core/process/lines.ts"
import { type Process, SpawnFailed, SubprocessRunner } from "../../../src/core/process/SubprocessRunner.ts"

type Life = "good" | "strange" | "silent" | "missing"

/** A CLI that is as `life.now` says; how often it was started, and how many of those live. */
const bench = (now: Life, file = "claude") => {
  const life = { now, started: 0, alive: 0 }
  const good = ["Usage: claude [options]", ...flags.map((flag) => `  ${flag}`)].map((text): Line => ({
    _tag: "Line",
    text
  }))
  const start = Effect.gen(function* () {
    life.started += 1
    if (life.now === "missing") return yield* new SpawnFailed({ file: "claude", reason: "ENOENT" })
    life.alive += 1
    yield* Effect.addFinalizer(() => Effect.sync(() => (life.alive -= 1)))
    const lines = Stream.fromIterable(life.now === "good" ? good : good.toSpliced(1, 1))
    const running: Process = {
      pid: 1,
      lines: life.now === "silent" ? Stream.never : lines,
      stderr: Effect.succeed(""),
      exited: Effect.never,
      processes: Effect.succeed(null),
      unmarked: Effect.succeed(false),
      end: Effect.succeed({ found: new Set(), survivors: 0 })
    }
    return running
  })
  const layer = Cli.layer(file).pipe(
    Layer.provide(Layer.succeed(SubprocessRunner, SubprocessRunner.of({ start: () => start })))
  )
  return { life, layer }
}

describe("CLI-20 the agent's program", () => {
  it.effect("is asked once, beside the start, and never again while it is good", () => {
    const { life, layer } = bench("good")
    return Effect.gen(function* () {
      const cli = yield* Cli
      yield* Effect.all([cli.usable, cli.usable, cli.usable], { concurrency: "unbounded" })
      yield* cli.usable
      assert.isNull(yield* cli.trouble)
      assert.deepStrictEqual([life.started, life.alive], [1, 0])
    }).pipe(Effect.provide(layer))
  })

  it.effect("turns the chat off when it lacks a flag, and on again at the first prompt after it was mended", () => {
    const { life, layer } = bench("strange")
    return Effect.gen(function* () {
      const cli = yield* Cli
      const refused = yield* Effect.result(cli.usable)
      assert.isTrue(Result.isFailure(refused))
      const { trouble } = Result.getOrThrow(Result.flip(refused))
      assert.include(trouble, `does not list ${flags[0]}:`)
      assert.match(trouble, /BREAKGLASS_CLAUDE/)
      assert.strictEqual(yield* cli.trouble, trouble)
      assert.isTrue(Result.isFailure(yield* Effect.result(cli.usable)))
      life.now = "good"
      yield* cli.usable
      assert.isNull(yield* cli.trouble)
      const { started } = life
      yield* cli.usable
      assert.strictEqual(life.started, started)
    }).pipe(Effect.provide(layer))
  })

  it.effect("that is missing is told of, and left for the turn to find", () => {
    const { life, layer } = bench("missing")
    return Effect.gen(function* () {
      const cli = yield* Cli
      yield* cli.usable
      assert.include(yield* cli.trouble, 'No program "claude" was found')
      life.now = "good"
      yield* cli.usable
      assert.isNull(yield* cli.trouble)
    }).pipe(Effect.provide(layer))
  })

  it.effect("that does not answer is ended after five seconds, and given its chance while it is asked again", () => {
    const { life, layer } = bench("silent")
    return Effect.gen(function* () {
      const cli = yield* Cli
      const waiting = yield* Effect.forkChild(Effect.uninterruptible(cli.usable), { startImmediately: true })
      yield* TestClock.adjust("4 seconds")
      assert.deepStrictEqual([waiting.pollUnsafe() === undefined, life.alive], [true, 1])
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(waiting)
      assert.isNull(yield* cli.trouble)
      assert.deepStrictEqual([life.started, life.alive], [1, 0])
      life.now = "strange"
      yield* cli.usable
      while ((yield* cli.trouble) === null) yield* Effect.yieldNow
      assert.isTrue(Result.isFailure(yield* Effect.result(cli.usable)))
    }).pipe(Effect.provide(layer))
  })

  it.effect("that is once too busy to answer is still what it was found to be", () => {
    const { life, layer } = bench("strange")
    return Effect.gen(function* () {
      const cli = yield* Cli
      assert.isTrue(Result.isFailure(yield* Effect.result(cli.usable)))
      life.now = "silent"
      const waiting = yield* Effect.forkChild(Effect.result(cli.usable), { startImmediately: true })
      const looking = yield* Effect.forkChild(cli.check, { startImmediately: true })
      yield* TestClock.adjust("5 seconds")
      assert.isTrue(Result.isFailure(yield* Fiber.join(waiting)))
      for (const told of [yield* Fiber.join(looking), yield* cli.trouble]) assert.include(told, "does not list")
      life.now = "good"
      yield* cli.usable
      assert.isNull(yield* cli.trouble)
    }).pipe(Effect.provide(layer))
  })

  it.effect("of which the doctor finds that it was replaced is refused from then on", () => {
    const { life, layer } = bench("good")
    return Effect.gen(function* () {
      const cli = yield* Cli
      yield* cli.usable
      life.now = "strange"
      yield* cli.usable
      assert.include(yield* cli.check, "does not list")
      assert.isTrue(Result.isFailure(yield* Effect.result(cli.usable)))
    }).pipe(Effect.provide(layer))
  })

  for (const now of ["strange", "missing"] as const) {
    it.effect(`that is ${now} is told of by its name, without the path it was set to`, () => {
      const { layer } = bench(now, "/opt/private/claude-2")
      return Effect.gen(function* () {
        const cli = yield* Cli
        yield* Effect.result(cli.usable)
        assert.include(yield* cli.trouble, '"claude-2')
        assert.notInclude(yield* cli.trouble, "/opt")
      }).pipe(Effect.provide(layer))
    })
  }
})
