/** What a marker's processes are found by when they do not carry it, on real ones. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { began, freeze, signal, sweep, trace } from "../../../src/core/process/marker.ts"
import { child, cmdline, fresh, marked, missing, name, shell, stay } from "../../support/server/marked.ts"

const bare = `env -i sh -c '${stay}'`

describe("trace", () => {
  const other = `env ${name}=another ${child}`

  for (const [what, script] of [
    ["sets another marker", other],
    ["empties its environment", bare],
    ["does so in a session of its own", `setsid ${other}`]
  ] as const) {
    it.live(`keeps a child that ${what}, seen while its parent lived`, () =>
      Effect.gen(function* () {
        const marker = fresh()
        const { pid, pids } = yield* marked(`${script} & wait`, marker)
        const { look, unmarked } = trace(marker)
        assert.deepStrictEqual(missing([pid, ...pids], yield* look), [])
        signal(pid, "SIGKILL")
        yield* Effect.repeat(look, { until: (found) => found?.has(pid) === false })
        assert.deepStrictEqual(yield* look, new Set(pids))
        assert.isTrue(yield* unmarked)
      })
    )
  }

  it.live("takes a process without the marker whose directory or output is in the one that is named for it", () =>
    Effect.gen(function* () {
      const marker = fresh()
      const directory = Path.join(Os.tmpdir(), marker.slice(name.length + 1))
      yield* Effect.acquireRelease(
        Effect.sync(() => Fs.mkdirSync(Path.join(directory, "work"), { recursive: true })),
        () => Effect.sync(() => Fs.rmSync(directory, { recursive: true }))
      )
      const here = yield* shell(`cd ${directory}/work && exec ${bare}`, {})
      const writes = yield* shell(`sh -c 'echo $$; exec 2>${directory}/out; kill -STOP $$'`, {})
      const reads = yield* shell(`exec 7>${directory}/log; ${stay}`, {})
      const found = yield* Effect.repeat(trace(marker).look, { until: (found) => (found?.size ?? 0) > 1 })
      assert.deepStrictEqual(found, new Set([here.pid, ...here.pids, ...writes.pids]))
      assert.isFalse(found?.has(reads.pid))
    })
  )

  it.live("of processes that all carry it says that none was without", () =>
    Effect.gen(function* () {
      const marker = fresh()
      yield* marked(`${child} & setsid ${child} & wait`, marker, 2)
      const { look, unmarked } = trace(marker)
      yield* Effect.repeat(look, { times: 2 })
      assert.isFalse(yield* unmarked)
    })
  )
})

describe("a look", () => {
  it.live("is whole until a process begins, whosoever", () =>
    Effect.gen(function* () {
      const { look, whole } = trace(fresh(), began())
      // Others' processes come and go here.
      yield* Effect.repeat(look, { until: whole })
      yield* shell(stay, {})
      assert.isFalse(whole())
    })
  )

  it.live("is not whole while a process shows no environment: it may be in the middle of an exec", () =>
    Effect.gen(function* () {
      const { look, whole } = trace(fresh(), began())
      yield* shell(bare, {})
      yield* look
      assert.isFalse(whole())
    })
  )

  it.live("does not read what began before the time that it is given", () =>
    Effect.gen(function* () {
      const marker = fresh()
      const { pid, pids } = yield* marked(stay, marker)
      assert.deepStrictEqual(yield* trace(marker, Number.POSITIVE_INFINITY).look, new Set())
      assert.deepStrictEqual(yield* trace(marker, began()).look, new Set([pid, ...pids]))
    })
  )
})

describe("freeze", () => {
  it.live("stops what forks as fast as it can without the marker: nothing escapes the sweep", () =>
    Effect.gen(function* () {
      const marker = fresh()
      const script = `env -i sh -c 'echo $$; while :; do setsid sleep 300.7 & done' & wait`
      const { pid, pids } = yield* marked(script, marker)
      const { look } = trace(marker)
      const before = yield* freeze(look)
      assert.deepStrictEqual(missing([pid, ...pids], before), [])
      assert.strictEqual((yield* sweep(look)).survivors, 0)
      const left = Fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name) && cmdline(name) === "sleep 300.7")
      assert.deepStrictEqual(left, [])
    })
  )
})
