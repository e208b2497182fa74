/** How much an examination may cost the machine that is to rescue another; under the test's own clock. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Cli } from "../../../src/core/claude/ClaudeCheck.ts"
import { Config } from "../../../src/breakglass/config/Config.ts"
import { Doctor } from "../../../src/breakglass/ops/Doctor.ts"
import { Journal } from "../../../src/core/journal/Journal.ts"
import { type Process, SubprocessRunner } from "../../../src/core/process/SubprocessRunner.ts"
import { targets } from "../../support/power/targets.ts"

/** What was begun, a word each; every leg takes a second. */
const begun: Array<string> = []
const takes = <A>(word: string, answer: A) =>
  Effect.suspend(() => {
    begun.push(word)
    return Effect.as(Effect.sleep("1 second"), answer)
  })
const running: Process = {
  pid: 1,
  lines: Stream.empty,
  stderr: Effect.succeed(""),
  exited: takes("version", { code: 0, signal: null }),
  processes: Effect.succeed(null),
  unmarked: Effect.succeed(false),
  end: Effect.succeed({ found: new Set(), survivors: 0 })
}
const layer = Doctor.layer.pipe(
  Layer.provide([
    Layer.mock(Journal, { trouble: takes("probe", null) }),
    targets({
      host: { ask: (request) => takes(request, { outcome: "ok", exit_code: 0, stdout: "", stderr: "" } as const) },
      probes: [{ probe: "ssh", ask: takes("ssh", { state: "ok" }) }]
    }),
    Layer.mock(Cli, { check: takes("help", null) }),
    Layer.succeed(SubprocessRunner, SubprocessRunner.of({ start: () => Effect.succeed(running) }))
  ]),
  Layer.provide(
    Config.layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ HOME: "/home/op" }))))
  )
)

describe("an examination", () => {
  it.effect("is one for all who ask while it is under way, and a new one for who asks after it", () =>
    Effect.gen(function* () {
      const { examine } = yield* Doctor
      for (const round of [1, 2]) {
        const asked = Array.from({ length: 30 }, () => Effect.forkChild(examine, { startImmediately: true }))
        const fibers = yield* Effect.all(asked)
        yield* TestClock.adjust("1 second")
        const answers = yield* Effect.forEach(fibers, Fiber.join)
        assert.isTrue(answers.every((checks) => checks.length === 5))
        assert.strictEqual(begun.length, round * 5, begun.join(" "))
      }
      assert.deepStrictEqual(begun.slice(0, 5).sort(), ["help", "probe", "selftest", "ssh", "version"])
    }).pipe(Effect.provide(layer))
  )
})
