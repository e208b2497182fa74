/** `core/` serves a process that holds no key: what one would need of it starts and answers without breakglass. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, relative, resolve } from "node:path"
import { serve, talk } from "../support/core/secondProcess.ts"

const root = resolve(import.meta.dirname, "../..")

/** This file and all that it imports, types too, as paths from the root. */
const reached = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, path = ""] of readFileSync(file, "utf8").matchAll(/(?:from|import\() ?"(\.[^"]+\.ts)"/g))
    reached(resolve(dirname(file), path), seen)
  return seen
}
const rooms = (file: string) =>
  [...reached(join(root, file))].map((path) => dirname(relative(root, path))).filter((room) => room.startsWith("src/"))

describe("a second process over core", () => {
  it("reaches nothing of breakglass", () => {
    const reachedRooms = rooms("test/support/core/secondProcess.ts")
    assert.includeMembers(reachedRooms, ["src/core/turn", "src/core/claude", "src/core/process", "src/core/http"])
    assert.deepStrictEqual(
      reachedRooms.filter((room) => room.startsWith("src/breakglass")),
      []
    )
  })

  it("takes a turn without a log, a journal or breakglass", () => {
    const reachedRooms = rooms("src/core/turn/Turn.ts")
    assert.include(reachedRooms, "src/core/claude")
    assert.deepStrictEqual(
      reachedRooms.filter((room) => /^src\/(breakglass|core\/(log|journal))/.test(room)),
      []
    )
  })

  it.live("has a conversation whose CLI is given no tool, no key and no leave to skip permissions", () =>
    Effect.gen(function* () {
      const home = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "second-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true }))
      )
      yield* variable("SSH_AUTH_SOCK", "/run/a-key")
      yield* variable("ANTHROPIC_API_KEY", "a-model")
      const events = yield* talk(join(root, "test/fakes/claude"), home, "#say Hello.")
      assert.deepStrictEqual(
        events.map(({ kind }) => kind),
        ["session", "text", "result", "turn_end"]
      )
      const [started = ""] = readFileSync(join(home, "fake-claude.log"), "utf8").split("\n")
      const { argv, env } = JSON.parse(started) as { argv: ReadonlyArray<string>; env: Record<string, string> }
      assert.deepInclude(env, { ANTHROPIC_API_KEY: "a-model", HOME: home })
      assert.match(Object.keys(env).join(" "), /SECOND_PROCESS_TURN/)
      assert.notMatch(Object.keys(env).join(" "), /SSH|BREAKGLASS/)
      assert.strictEqual(argv[argv.indexOf("--tools") + 1], "")
      assert.notInclude(argv.join(" "), "permission")
    })
  )

  it.live("answers its operator, and nobody else", () =>
    Effect.gen(function* () {
      const token = "t".repeat(40)
      const url = yield* serve(token)
      const ask = (headers: Record<string, string>) => Effect.promise(() => fetch(`${url}/whoami`, { headers }))
      const known = yield* ask({ authorization: `Bearer ${token}` })
      assert.deepStrictEqual([known.status, yield* Effect.promise(() => known.text())], [200, "token"])
      assert.strictEqual((yield* ask({})).status, 401)
      assert.strictEqual((yield* ask({ authorization: "Bearer wrong" })).status, 401)
    })
  )
})

/** Of this process, until the test ends. */
const variable = (name: string, value: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = process.env[name]
      process.env[name] = value
      return before
    }),
    (before) =>
      Effect.sync(() => {
        if (before === undefined) delete process.env[name]
        else process.env[name] = before
      })
  )
