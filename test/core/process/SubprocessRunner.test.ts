/** What a program is given and what is heard of it. How it ends: SubprocessRunner.end.test.ts. */
import { assert, describe } from "@effect/vitest"
import { Effect, Exit, Stream } from "effect"
import * as Fs from "node:fs"
import { signal } from "../../../src/core/process/marker.ts"
import { dead, file, heard, live, said, sh, start, turns, until } from "../../support/server/programs.ts"

/** Bytes a process has written. */
const written = (pid: number) => Number(/wchar: (\d+)/.exec(Fs.readFileSync(`/proc/${pid}/io`, "utf8"))?.[1])

describe("what a program is given", () => {
  live("is the named variables that are set, those set for it, its marker, and no other", function* () {
    process.env["RUNNER_TEST_SECRET"] = "s3cret"
    process.env["RUNNER_TEST_NAMED"] = "named"
    process.env["RUNNER_TEST_BOTH"] = "s3cret"
    const lines = yield* said({
      file: "/usr/bin/env",
      inherit: ["RUNNER_TEST_NAMED", "RUNNER_TEST_BOTH", "RUNNER_TEST_UNSET"],
      env: { RUNNER_TEST_BOTH: "set", EMPTY: "" },
      marker: "MARK=a=b"
    })
    assert.deepStrictEqual(lines.sort(), ["EMPTY=", "MARK=a=b", "RUNNER_TEST_BOTH=set", "RUNNER_TEST_NAMED=named"])
  })

  live("is nothing when nothing is named", function* () {
    assert.isDefined(process.env["PATH"])
    assert.deepStrictEqual(yield* said({ file: "/usr/bin/env", inherit: [] }), [])
  })

  live("is its arguments as they stand: there is no shell", function* () {
    const args = ["a; touch b", "$(id)", "`id`", "$HOME", ..."* ~ ' \" \\ | & >x -- é".split(" "), "a b", ""]
    assert.deepStrictEqual(yield* said({ file: "printf", args: ["%s\\n", ...args] }), args)
  })

  live("is looked up on the PATH it is given, not on the server's", function* () {
    const { directory } = yield* file("only-here", 0o755, "#!/bin/sh\necho found\n")
    assert.deepStrictEqual(yield* said({ file: "only-here", env: { PATH: directory } }), ["found"])
    const exit = yield* Effect.exit(said({ file: "only-here", env: { PATH: "/nonexistent" } }))
    assert.isTrue(Exit.isFailure(exit))
  })

  live("is fed its stdin as it comes, which then ends; without one it is /dev/null", function* () {
    const stdin = Stream.make("one\n", "t", "wo\n\n", "é")
    assert.deepStrictEqual(yield* said({ file: "cat", stdin }), ["one", "two", "", "unfinished 2"])
    assert.deepStrictEqual(yield* said({ file: "readlink", args: ["/proc/self/fd/0"] }), ["/dev/null"])
  })

  live("CLI-10: is ended although it never reads its stdin, and may end without reading it", function* () {
    const stdin = Stream.make("x".repeat(4_000_000), "more")
    const deaf = yield* Effect.scoped(Effect.tap(sh("echo up; sleep 300", { stdin }), (running) => heard(running, 1)))
    assert.isTrue(dead(deaf.pid))
    assert.deepStrictEqual(yield* Effect.flatMap(sh("exit 7", { stdin }), ({ exited }) => exited), {
      code: 7,
      signal: null
    })
    yield* turns(20)
  })
})

describe("what a program says", () => {
  live("CLI-03: a line over 16 MiB is skipped and sized, and the next one is whole", function* () {
    const lines = yield* said({ args: ["-c", "head -c 17000000 /dev/zero; echo; echo next"] })
    assert.deepStrictEqual(lines, ["overlong 17000000", "next"])
  })

  live("CLI-04: 100 MB of stderr does not hold it up, and the last 64 KiB are kept", function* () {
    const running = yield* sh("head -c 100000000 /dev/zero | tr '\\0' e >&2; printf END >&2; echo done")
    assert.deepStrictEqual(yield* heard(running), ["done"])
    yield* running.exited
    assert.strictEqual(yield* running.stderr, `${"e".repeat(64 * 1024 - 3)}END`)
  })

  live("is kept for a reader that comes after the exit, or was busy at that moment", function* () {
    const late = yield* sh("seq 20000")
    yield* late.exited
    yield* turns(50)
    assert.strictEqual((yield* heard(late)).at(-1), "20000")
    const busy = yield* sh("seq 400000; echo last")
    const lines: Array<string> = []
    yield* Stream.runForEachArray(busy.lines, (some) => {
      lines.push(...some.map((line) => (line._tag === "Line" ? line.text : line.why)))
      return turns(7)
    })
    assert.deepStrictEqual([lines.length, lines.at(-1)], [400_001, "last"])
  })

  const holders = {
    "holds its stdout in silence": "sleep 300 & echo done",
    "goes on printing to it": "(while :; do echo done; sleep 0.1; done) & echo done"
  }
  for (const [what, script] of Object.entries(holders)) {
    live(`CLI-08: ends soon after its exit, though a grandchild ${what}`, function* () {
      const running = yield* sh(script)
      const lines = yield* Effect.timeout(heard(running), "10 seconds")
      assert.deepStrictEqual([...new Set(lines)], ["done"])
      assert.isTrue(signal(-running.pid, 0), "the grandchild is still there")
    })
  }

  live("ends when it closes its stdout, though it lives on", function* () {
    const running = yield* sh("echo bye; exec >&-; sleep 300")
    assert.deepStrictEqual(yield* heard(running), ["bye"])
    assert.deepStrictEqual(yield* running.processes, new Set([running.pid]))
  })

  live("waits for its reader: 200 MB never lie in the server's memory", function* () {
    const running = yield* start({ file: "yes", args: ["x".repeat(999)] })
    yield* until(() => written(running.pid) >= 64 * 1024)
    yield* turns(500)
    assert.isBelow(written(running.pid), 1024 * 1024, "before it is read at all")
    let read = 0
    let most = 0
    const slow = Stream.runForEachArray(running.lines, (lines) => {
      read += lines.reduce((sum, line) => sum + (line._tag === "Line" ? line.text.length + 1 : 0), 0)
      return Effect.andThen(
        turns(2),
        Effect.suspend(() => {
          most = Math.max(most, written(running.pid) - read)
          return read < 200_000_000 ? Effect.void : Effect.fail("enough")
        })
      )
    })
    assert.strictEqual(yield* Effect.flip(slow), "enough")
    assert.isBelow(most, 1024 * 1024, "written but not read")
  })
})
