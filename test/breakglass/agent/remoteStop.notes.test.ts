/** What Stop reads of where a turn was let in: written by the turn, which can put anything in its place. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { spawnSync } from "node:child_process"
import { symlinkSync, writeFileSync } from "node:fs"
import { destinationNotes, stop } from "../../../src/breakglass/agent/remoteStop.ts"
import type { Line } from "../../../src/core/process/lines.ts"
import { type Process, SubprocessRunner } from "../../../src/core/process/SubprocessRunner.ts"

describe("the destinations that were noted", () => {
  const read = (write: (file: string) => void) =>
    Effect.scoped(
      Effect.map(destinationNotes, ({ env, read }) => {
        write(env.BREAKGLASS_PLACES ?? "")
        return read()
      })
    )

  it.effect("are read one by one, and are none where nothing was written", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read(() => {}), [])
      assert.deepStrictEqual(yield* read((file) => writeFileSync(file, "hostname a\n\nhostname b\n\n")), [
        "hostname a",
        "hostname b"
      ])
    })
  )

  it.effect("are not known, and nobody waits for them, where a command put something else in their place", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read((file) => spawnSync("mkfifo", [file])), [""])
      assert.deepStrictEqual(yield* read((file) => symlinkSync("/dev/zero", file)), [""])
      assert.deepStrictEqual(yield* read((file) => writeFileSync(file, "hostname a\n\n".repeat(100_000))), [""])
    })
  )

  it.effect("are gone to as many at once as a turn may have had, and beyond that nothing is claimed", () =>
    Effect.gen(function* () {
      const line: Line = { _tag: "Line", text: "breakglass-left=0" }
      let began = 0
      const start = Effect.sync((): Process => {
        began += 1
        return {
          pid: 1,
          lines: Stream.make(line),
          stderr: Effect.succeed(""),
          exited: Effect.succeed({ code: 0, signal: null }),
          processes: Effect.succeed(null),
          unmarked: Effect.succeed(false),
          end: Effect.succeed({ found: new Set(), survivors: 0 })
        }
      })
      const asked = (count: number) =>
        stop(
          { file: "ssh", knownHosts: null },
          Array.from({ length: count }, (_, at) => `hostname h${at}`),
          "turn"
        ).pipe(Effect.provideService(SubprocessRunner, SubprocessRunner.of({ start: () => start })))
      assert.deepStrictEqual([yield* asked(16), began], ["ended", 16])
      assert.deepStrictEqual([yield* asked(5000), began], ["unknown", 32])
    })
  )
})
