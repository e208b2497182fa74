/** How a program ends, how it is ended, and how it does not start. */
import { assert, describe } from "@effect/vitest"
import { Cause, Effect, Exit, Scope, Stream } from "effect"
import * as Child from "node:child_process"
import { randomUUID } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { inspect, promisify } from "node:util"
import { vi } from "vitest"
import { signal, trace } from "../../../src/core/process/marker.ts"
import type { Program } from "../../../src/core/process/SubprocessRunner.ts"
import { dead, file, heard, live, sh, start, turns } from "../../support/server/programs.ts"

describe("how a program ends", () => {
  const ends = [
    ["exit 0", { code: 0, signal: null }],
    ["exit 3", { code: 3, signal: null }],
    ["kill -TERM $$", { code: null, signal: "SIGTERM" }],
    ["kill -KILL $$", { code: null, signal: "SIGKILL" }],
    ["ulimit -c 0; kill -SEGV $$", { code: null, signal: "SIGSEGV" }]
  ] as const
  for (const [script, exited] of ends) {
    live(`${script}: is an answer, not an error`, function* () {
      const running = yield* sh(script)
      assert.deepStrictEqual(yield* running.exited, exited)
      assert.deepStrictEqual(yield* running.exited, exited)
    })
  }
})

describe("a scope that closes", () => {
  live("ends the program and its group", function* () {
    const scope = yield* Scope.make()
    const running = yield* Scope.provide(sh("trap '' INT TERM HUP; sleep 300 & echo $!; wait"), scope)
    const pids = [running.pid, ...(yield* heard(running, 1)).map(Number)]
    assert.deepStrictEqual(pids.map(dead), [false, false])
    yield* Scope.close(scope, Exit.void)
    assert.deepStrictEqual(pids.map(dead), [true, true])
  })

  live("sends its group no second signal, which by then may be another program's", function* () {
    const scope = yield* Scope.make()
    const running = yield* Scope.provide(sh("sleep 300"), scope)
    const kill = vi.spyOn(process, "kill")
    yield* running.end
    yield* Scope.close(scope, Exit.void)
    const signalled = kill.mock.calls.filter(([pid]) => pid === -running.pid)
    kill.mockRestore()
    assert.deepStrictEqual(signalled, [[-running.pid, "SIGKILL"]])
  })

  live("CLI-09: ends what carries its marker, wherever it went, and nothing else", function* () {
    const stay = "sh -c 'echo $$; kill -STOP $$'"
    const other = yield* sh("echo up; sleep 300", { marker: `RUNNER_TEST=${randomUUID()}` })
    yield* heard(other, 1)
    const marker = `RUNNER_TEST=${randomUUID()}` as const
    const scope = yield* Scope.make()
    const script = `setsid ${stay} & (setsid ${stay} &) ; ${stay} & wait`
    const running = yield* Scope.provide(sh(script, { marker }), scope)
    const pids = [running.pid, ...(yield* heard(running, 3)).map(Number)]
    assert.includeMembers([...((yield* running.processes) ?? [])], pids)
    assert.deepStrictEqual(pids.map(dead), [false, false, false, false])
    yield* Scope.close(scope, Exit.void)
    assert.deepStrictEqual(pids.map(dead), [true, true, true, true])
    assert.deepStrictEqual(yield* trace(marker).look, new Set())
    assert.isFalse(dead(other.pid))
  })

  live("ends what a program left behind that had ended by itself", function* () {
    const scope = yield* Scope.make()
    const script = "setsid sh -c 'echo $$; kill -STOP $$' & read x </dev/zero & exit 0"
    const running = yield* Scope.provide(sh(script, { marker: `RUNNER_TEST=${randomUUID()}` }), scope)
    const pids = (yield* heard(running, 1)).map(Number)
    assert.strictEqual((yield* running.exited).code, 0)
    assert.deepStrictEqual(pids.map(dead), [false])
    yield* Scope.close(scope, Exit.void)
    assert.deepStrictEqual(pids.map(dead), [true])
  })

  live("lets go of its pipes, though one that escaped still has their other ends", function* () {
    const before = sockets()
    const stdin = Stream.concat(Stream.make("x".repeat(1_000_000)), Stream.never)
    const script = "exec 3<&0; setsid sh -c 'echo $$; kill -STOP $$' <&3 & wait"
    const scope = yield* Scope.make()
    const running = yield* Scope.provide(sh(script, { stdin }), scope)
    const pipes = sockets().filter((each) => !before.includes(each))
    const pids = (yield* heard(running, 1)).map(Number)
    yield* Effect.addFinalizer(() => Effect.sync(() => pids.forEach((pid) => signal(pid, "SIGKILL"))))
    yield* Scope.close(scope, Exit.void)
    yield* turns(100)
    assert.deepStrictEqual(pids.map(dead), [false], "what left its session, and has no marker")
    assert.strictEqual(pipes.length, 3)
    assert.deepStrictEqual(
      pipes.filter((each) => sockets().includes(each)),
      []
    )
  })

  live("lets go of its pipes, though nobody has read them", function* () {
    const before = sockets()
    const scope = yield* Scope.make()
    const running = yield* Scope.provide(sh("seq 20000; seq 20000 >&2"), scope)
    const pipes = sockets().filter((each) => !before.includes(each))
    yield* running.exited
    yield* Scope.close(scope, Exit.void)
    yield* turns(100)
    assert.strictEqual(pipes.length, 2)
    assert.deepStrictEqual(
      pipes.filter((each) => sockets().includes(each)),
      []
    )
  })
})

describe("end", () => {
  live("counts what it ended, and may be called again", function* () {
    const script = "setsid sh -c 'echo $$; kill -STOP $$' & wait"
    const running = yield* sh(script, { marker: `RUNNER_TEST=${randomUUID()}` })
    const pids = [running.pid, ...(yield* heard(running, 1)).map(Number)]
    const { found, survivors } = yield* running.end
    assert.includeMembers([...found], pids)
    assert.strictEqual(survivors, 0)
    assert.deepStrictEqual(yield* running.exited, { code: null, signal: "SIGKILL" })
    assert.deepStrictEqual(yield* running.end, { found: new Set<number>(), survivors: 0 })
    assert.deepStrictEqual(yield* running.processes, new Set<number>())
  })

  live("finds the program itself where it has no marker", function* () {
    const running = yield* sh("echo up; sleep 300")
    yield* heard(running, 1)
    assert.deepStrictEqual(yield* running.end, { found: new Set([running.pid]), survivors: 0 })
    assert.deepStrictEqual(yield* running.exited, { code: null, signal: "SIGKILL" })
  })
})

describe("a program that does not start", () => {
  const secret = "Zq7-for-no-eye-4242"
  const failures: ReadonlyArray<readonly [what: string, reason: string, program: Partial<Program>]> = [
    ["is not there", "ENOENT", { file: "/nonexistent/claude" }],
    ["is not on the PATH", "ENOENT", { file: "no-such-program" }],
    ["has no working directory", "ENOENT", { file: "/bin/true", cwd: "/nonexistent" }],
    ["is a directory", "EACCES", { file: "/tmp" }],
    ["has an argument that is too long", "E2BIG", { file: "/bin/true", args: [secret.repeat(20_000)] }],
    ["has a NUL in an argument", "ERR_INVALID_ARG_VALUE", { file: "/bin/true", args: [`${secret}\0`] }],
    ["has a NUL in a variable", "ERR_INVALID_ARG_VALUE", { file: "/bin/true", env: { SECRET: `${secret}\0` } }]
  ]
  for (const [what, reason, program] of failures) {
    live(`since it ${what} is SpawnFailed, which holds no argument, no variable and no prompt`, function* () {
      const given = { args: ["--token", secret], env: { SECRET: secret }, stdin: Stream.make(secret) }
      const exit = yield* Effect.exit(start({ ...given, ...program }))
      const failed = yield* Effect.flip(exit)
      assert.deepStrictEqual([failed.file, failed.reason], [program.file, reason])
      const pretty = exit._tag === "Failure" ? Cause.pretty(exit.cause) : secret
      const shown = [pretty, String(failed), JSON.stringify(failed), JSON.stringify(exit)]
      const looked = inspect([exit, failed], { depth: null, showHidden: true, getters: true })
      assert.deepStrictEqual([...shown, failed.message, failed.stack ?? "", looked].filter(holdsSecret), [])
    })
  }

  live("since it may not be executed is SpawnFailed with EACCES", function* () {
    const { path } = yield* file("claude", 0o644, "#!/bin/sh\n")
    assert.strictEqual((yield* Effect.flip(start({ file: path }))).reason, "EACCES")
  })

  live("RES-02: since no file descriptor is left is SpawnFailed, and the server lives", function* () {
    const node = ["-c", 'ulimit -n 64; exec "$0" --input-type=module -e "$1"', process.execPath, starved]
    const { stdout } = yield* Effect.promise(() =>
      promisify(Child.execFile)("/bin/sh", node, { cwd: Path.resolve(import.meta.dirname, "../../..") })
    )
    assert.deepStrictEqual(stdout.split("\n"), ["SpawnFailed EMFILE", "alive", ""])
  })

  const holdsSecret = (shown: string) => shown.includes(secret.slice(0, 8))
})

/** Node's pipes are sockets; each by its inode. */
const sockets = () =>
  Fs.readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = Fs.readlinkSync(`/proc/self/fd/${fd}`)
      return target.startsWith("socket:") ? [target] : []
    } catch {
      return []
    }
  })

/** Uses up every descriptor, starts a program, gives them back and goes on. */
const starved = `
import * as Fs from "node:fs"
import { Effect } from "effect"
import { SubprocessRunner } from "./src/core/process/SubprocessRunner.ts"
const start = Effect.flatMap(SubprocessRunner, (runner) => runner.start({ file: "true", args: [], inherit: ["PATH"] }))
const begin = () => Effect.runPromise(Effect.provide(Effect.scoped(Effect.flip(start)), SubprocessRunner.layer))
const held = []
try { for (;;) held.push(Fs.openSync("/dev/null")) } catch {}
const failed = await begin()
for (const fd of held) Fs.closeSync(fd)
console.log(failed._tag, failed.reason)
setImmediate(() => console.log("alive"))
`
