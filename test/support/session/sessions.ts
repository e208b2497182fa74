/** The real Session over a real journal, with the CLI in words: no process, no socket, and the test's own clock. */
import { NodeServices } from "@effect/platform-node"
import { ConfigProvider, Deferred, Effect, FileSystem, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Command from "../../../src/core/claude/command.ts"
import { AgentDefinition } from "../../../src/breakglass/agent/AgentDefinition.ts"
import { Cli } from "../../../src/core/claude/ClaudeCheck.ts"
import { Config } from "../../../src/breakglass/config/Config.ts"
import { PowerSocket } from "../../../src/breakglass/agent/PowerSocket.ts"
import { Journal } from "../../../src/core/journal/Journal.ts"
import { LogRegistry } from "../../../src/core/log/LogRegistry.ts"
import { Session } from "../../../src/breakglass/session/Session.ts"
import type { Line } from "../../../src/core/process/lines.ts"
import {
  type Exited,
  type Program,
  type Process,
  SubprocessRunner
} from "../../../src/core/process/SubprocessRunner.ts"
import type { Entry } from "../../../src/contract/Event.ts"
import { eventsOf, layerOwnThread } from "../journal/journals.ts"
import { targets } from "../power/targets.ts"

export interface Options {
  readonly env?: Readonly<Record<string, string>>
  /** One that a session was in before; else a new one. */
  readonly directory?: string
  /** The real journal, with faults. */
  readonly journal?: (real: Journal["Service"]) => Journal["Service"]
}

export const sessions = (
  runner: Layer.Layer<SubprocessRunner>,
  { env = {}, directory, journal = (real) => real }: Options = {}
) => {
  const config = Layer.unwrap(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const home = directory ?? (yield* fs.makeTempDirectoryScoped({ prefix: "breakglass-session-" }))
      const record = { HOME: home, BREAKGLASS_SESSIONS_DIR: home, ...env }
      return Config.layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(record))))
    })
  )
  const faulty = Layer.effect(Journal, Effect.map(Journal, journal)).pipe(Layer.provide(layerOwnThread))
  return Session.layer.pipe(
    Layer.provideMerge(Layer.mergeAll(AgentDefinition.layer, faulty, runner, LogRegistry.layer)),
    Layer.provide(Layer.mock(Cli, { usable: Effect.void })),
    Layer.provide(Layer.succeed(PowerSocket, { grant: () => ({ env: {}, revoke: () => {} }) })),
    Layer.provide(targets()),
    Layer.provideMerge(config),
    Layer.provide(NodeServices.layer)
  )
}

export const log = Effect.fnUntraced(function* (id: string) {
  const session = yield* Session
  return eventsOf<Entry>(yield* Stream.runCollect((yield* session.attach(id))({ after: null, follow: false })))
})

export const say = (text: string) => ({ text, model: "sonnet", promptId: null })

/** Lets the clock run until no turn does. */
export const settle = Effect.fnUntraced(function* (
  id: string,
  step: "50 millis" | "1 second" | "1 minute" = "50 millis"
) {
  const session = yield* Session
  while ((yield* session.get(id)).turn_active) yield* TestClock.adjust(step)
  return yield* log(id)
})

/** A whole turn. */
export const turn = Effect.fnUntraced(function* (id: string, text: string) {
  const before = (yield* log(id)).length
  yield* (yield* Session).prompt(id, say(text))
  return (yield* settle(id)).slice(before)
})

/** One run of the CLI: what it says, then how it leaves. Without `exit` it stays until it is killed, deaf to everything. */
export interface Life {
  /** Lines, and pauses of so many milliseconds. */
  readonly says?: ReadonlyArray<object | number>
  readonly exit?: number
  readonly stderr?: string
  /** On a machine whose /proc shows nothing. */
  readonly unseen?: true
  /** It waits in the kernel: SIGKILL does not end it. */
  readonly immortal?: true
}

export const init = { type: "system", subtype: "init", session_id: "c0000000-0000-4000-8000-000000000001" }
export const called = { type: "tool_use", id: "t", name: "Bash", input: { command: "x" } }
export const assistant = (block: object) => ({ type: "assistant", message: { content: [block] } })
export const result = {
  type: "result",
  subtype: "success",
  is_error: false,
  duration_ms: 1,
  total_cost_usd: 0,
  usage: { input_tokens: 1, output_tokens: 1 },
  result: "done",
  terminal_reason: "completed"
}
export const success: Life = { says: [init, assistant({ type: "text", text: "done" }), result], exit: 0 }
export const lost = (
  how: "No conversation found with session ID: x" | "Error: Session ID x is already in use."
): Life => ({
  stderr: how,
  exit: 1
})

export interface Ran {
  readonly conversation: ReadonlyArray<string>
  readonly heard: Array<string>
}

const spoken = (says: ReadonlyArray<object | number>): Stream.Stream<Line> => {
  const at = says.findIndex((each) => typeof each === "number")
  const now = at === -1 ? says : says.slice(0, at)
  const lines = Stream.fromIterable(now.map((line): Line => ({ _tag: "Line", text: JSON.stringify(line) })))
  if (at === -1) return lines
  const pause = Stream.drain(Stream.fromEffect(Effect.sleep(Number(says[at]))))
  return lines.pipe(Stream.concat(pause), Stream.concat(Stream.suspend(() => spoken(says.slice(at + 1)))))
}

/** Lives these lives, one after the other; `ran` is how each was started and what it was told. */
export const lives = (...all: ReadonlyArray<Life>) => {
  const ran: Array<Ran> = []
  const start = Effect.fnUntraced(function* (program: Program) {
    const { says = [], exit, stderr = "", unseen, immortal } = all[ran.length] ?? success
    const heard: Array<string> = []
    ran.push({ conversation: program.args.slice(-2), heard })
    yield* Effect.forkScoped(
      Stream.runForEach(program.stdin ?? Stream.empty, (line) =>
        // Said first to every one of them.
        Effect.sync(() => line !== Command.initialize && heard.push(line))
      )
    )
    const exited = yield* Deferred.make<Exited>()
    const gone: Effect.Effect<unknown> =
      exit === undefined ? Deferred.await(exited) : Deferred.succeed(exited, { code: exit, signal: null })
    const running: Process = {
      pid: 1,
      lines: Stream.concat(spoken(says), Stream.drain(Stream.fromEffect(gone))),
      stderr: Effect.as(Deferred.await(exited), stderr),
      exited: Deferred.await(exited),
      processes: unseen
        ? Effect.succeed(null)
        : Effect.map(Deferred.isDone(exited), (done) => new Set(done ? [] : [1])),
      unmarked: Effect.succeed(false),
      end: immortal
        ? Effect.succeed({ found: new Set([1]), survivors: 1 })
        : Effect.map(Deferred.succeed(exited, { code: null, signal: "SIGKILL" }), (killed) => ({
            found: new Set(killed && !unseen ? [1] : []),
            survivors: unseen ? null : 0
          }))
    }
    return running
  })
  return { ran, layer: Layer.succeed(SubprocessRunner, SubprocessRunner.of({ start })) }
}
