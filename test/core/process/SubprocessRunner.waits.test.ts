/** What the end of a program is not waited for. The clock stands still, so that a pause would never end. */
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { randomUUID } from "node:crypto"
import { SubprocessRunner } from "../../../src/core/process/SubprocessRunner.ts"
import { sh, turns } from "../../support/server/programs.ts"

describe("a scope that closes", () => {
  it.effect("waits for nothing where the program has ended, had no marker and left nothing in its group", () =>
    Effect.scoped(Effect.flatMap(sh("exit 0"), ({ exited }) => exited)).pipe(Effect.provide(SubprocessRunner.layer))
  )

  it.effect("waits for nothing where all was found gone before", () =>
    Effect.gen(function* () {
      const running = yield* sh("sleep 300", { marker: `RUNNER_TEST=${randomUUID()}` })
      yield* Effect.raceFirst(running.end, Effect.forever(Effect.andThen(TestClock.adjust("20 millis"), turns(1))))
    }).pipe(Effect.scoped, Effect.provide(SubprocessRunner.layer))
  )
})
