/** What a turn is told of the one before it, and which prompts begin one: over a CLI in words. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Agent from "../../../src/breakglass/demo/agent.ts"
import type { Step } from "../../../src/breakglass/demo/incident.ts"
import { Session } from "../../../src/breakglass/session/Session.ts"
import { all, notices, outcome } from "../../support/session/events.ts"
import {
  assistant,
  called,
  init,
  type Life,
  lives,
  log,
  lost,
  say,
  sessions,
  settle,
  success,
  turn
} from "../../support/session/sessions.ts"

const tool = (takes: number): Step => ({ _tag: "Run", tools: [{ command: "x", output: "y", takes }] })
const plays = (...steps: ReadonlyArray<Step>) => Agent.layer(() => steps)

describe("the next turn", () => {
  const told = "(From breakglass, not the operator: the turn before this one was killed."
  const after = (...first: ReadonlyArray<Life>) => {
    const { ran, layer } = lives(...first, success, success)
    return Effect.gen(function* () {
      const id = yield* (yield* Session).create
      const before = yield* turn(id, "first")
      const second = yield* turn(id, "second")
      const third = yield* turn(id, "third")
      return { before, second, third, ran, prompts: ran.map(({ heard }) => heard[0] ?? "") }
    }).pipe(Effect.provide(sessions(layer)))
  }

  it.effect("CLI-02 after a kill is told, once, that a command may have run", () =>
    Effect.gen(function* () {
      const { before, prompts, third, ran } = yield* after({ says: [init, assistant(called)], exit: 1 })
      assert.strictEqual(outcome(before), "failed")
      assert.include(prompts[1], told)
      assert.include(prompts[1], "second")
      assert.notInclude(prompts[2], told)
      assert.deepStrictEqual(
        ran.map(({ conversation }) => conversation[0]),
        ["--session-id", "--resume", "--resume"]
      )
      assert.strictEqual(outcome(third), "completed")
    })
  )

  it.effect("CLI-02 after a kill is told also when the turn between them never reached the agent", () =>
    Effect.gen(function* () {
      const { prompts } = yield* after({ says: [init, assistant(called)], exit: 1 }, { exit: 1 })
      assert.include(prompts[1], told)
      assert.include(prompts[2], told)
    })
  )

  it.effect("CLI-12 after a turn that never began begins the conversation, and is told nothing", () =>
    Effect.gen(function* () {
      const { ran, prompts } = yield* after({ exit: 1 })
      assert.deepStrictEqual(
        ran.map(({ conversation }) => conversation[0]),
        ["--session-id", "--session-id", "--resume"]
      )
      assert.notInclude(prompts[1], told)
      assert.strictEqual(ran[0]?.conversation[1], ran[1]?.conversation[1])
    })
  )

  it.effect("CLI-13 goes on when the id is in use, and begins anew when it is not found, which is said once", () =>
    Effect.gen(function* () {
      const { before, second, third, ran } = yield* after(
        lost("Error: Session ID x is already in use."),
        lost("No conversation found with session ID: x"),
        success
      )
      assert.deepStrictEqual(notices(before), ["context_lost"])
      assert.strictEqual(outcome(before), "completed")
      assert.deepStrictEqual(
        ran.map(({ conversation }) => conversation[0]),
        [...["--session-id", "--resume", "--session-id"], ...["--resume", "--resume"]]
      )
      const ids = ran.map(({ conversation }) => conversation[1])
      assert.deepStrictEqual([ids[0] === ids[1], ids[1] === ids[2]], [true, false])
      for (const events of [second, third]) assert.deepStrictEqual(notices(events), [])
    })
  )

  it.effect("CLI-13 does not try for ever", () =>
    Effect.gen(function* () {
      const no = lost("No conversation found with session ID: x")
      const { before, ran } = yield* after(no, no, no)
      assert.strictEqual(outcome(before), "failed")
      assert.strictEqual(ran.length, 3 + 2)
    })
  )
})

describe("a prompt", () => {
  it.effect(
    "sent again with its id begins nothing: while it runs, after its end, and in the server's next life",
    () => {
      const directory = Fs.mkdtempSync(Path.join(Os.tmpdir(), "breakglass-session-"))
      const { ran, layer } = lives(success, success)
      const again = { ...say("go"), promptId: "p-1" }
      return Effect.gen(function* () {
        const id = yield* Effect.gen(function* () {
          const session = yield* Session
          const id = yield* session.create
          yield* Effect.all([session.prompt(id, again), session.prompt(id, again)], { concurrency: 2 })
          yield* settle(id)
          yield* session.prompt(id, again)
          return id
        }).pipe(Effect.provide(sessions(layer, { directory })))
        yield* Effect.gen(function* () {
          yield* (yield* Session).prompt(id, again)
          assert.deepStrictEqual(
            all(yield* log(id), "user").map((user) => user.text),
            ["go"]
          )
          assert.strictEqual(outcome(yield* log(id)), "completed")
        }).pipe(Effect.provide(sessions(layer, { directory })))
        assert.strictEqual(ran.length, 1)
      }).pipe(Effect.ensuring(Effect.sync(() => Fs.rmSync(directory, { recursive: true }))))
    }
  )

  it.effect("RACE-02 over the limit is refused without an event, and taken when there is room", () =>
    Effect.gen(function* () {
      const session = yield* Session
      const ids = yield* Effect.all(Array.from({ length: 10 }, () => session.create))
      const answers = yield* Effect.forEach(ids, (id) => Effect.exit(session.prompt(id, say("go"))), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(
        answers.map(Exit.isSuccess),
        ids.map((_, at) => at < 2)
      )
      for (const id of ids.slice(2)) assert.deepStrictEqual(yield* log(id), [])
      yield* settle(ids[0] ?? "")
      yield* settle(ids[1] ?? "")
      for (const id of ids.slice(2)) assert.strictEqual(outcome(yield* turn(id, "go")), "completed")
    }).pipe(Effect.provide(sessions(plays(tool(1000)))))
  )
})
