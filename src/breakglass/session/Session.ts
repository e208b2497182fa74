/**
 * The sessions, owned by the server (the tmux model): phones attach, drop and come back, the turn goes on. A session is a
 * log and at most one turn; the turn's fiber belongs to this layer, never to the request that started it.
 */
import { Context, DateTime, Deferred, Effect, Layer, Option, Scope } from "effect"
import { SecureRandom } from "effect/crypto"
import type { SessionRow } from "../../contract/breakglass/Api.ts"
import type { SubprocessRunner } from "../../core/process/SubprocessRunner.ts"
import { AgentDefinition } from "../agent/AgentDefinition.ts"
import { Cli } from "../../core/claude/ClaudeCheck.ts"
import { Config } from "../config/Config.ts"
import { PowerSocket } from "../agent/PowerSocket.ts"
import type { EventLog } from "../../core/log/EventLog.ts"
import { LogRegistry } from "../../core/log/LogRegistry.ts"
import { Journal, type JournalFailed } from "../../core/journal/Journal.ts"
import type { ListQuery } from "../../core/journal/types.ts"
import { postmortem } from "./postmortem.ts"
import * as Redact from "../../core/redact/redact.ts"
import { Targets } from "../target/Targets.ts"
import { toSessionRow } from "./LiveSession.ts"
import * as LoadedSessions from "./loadedSessions.ts"
import * as Errors from "./errors.ts"
import * as Recovery from "./recovery.ts"
import { type Prompt, startTurn } from "./startTurn.ts"

export interface SessionList {
  readonly sessions: ReadonlyArray<SessionRow>
  readonly next: string | null
  readonly turns: { readonly running: number; readonly limit: number }
}

export class Session extends Context.Service<
  Session,
  {
    readonly create: Effect.Effect<string, JournalFailed>
    /** Newest activity first, and how many turns run of how many may. */
    readonly list: (query: ListQuery) => Effect.Effect<SessionList, JournalFailed>
    readonly get: (id: string) => Effect.Effect<SessionRow, Errors.NotLoaded>
    /** To follow the session's log from any event on. */
    readonly attach: (id: string) => Effect.Effect<EventLog["attach"], Errors.NotLoaded>
    /** Answers once the turn is claimed and its `user` event is on disk; the turn runs on without the caller. */
    readonly prompt: (id: string, prompt: Prompt) => Effect.Effect<void, Errors.NotPrompted>
    /** Stop. Answers when `turn_end` is in the log: whether a turn was running. How that ended, the log says. */
    readonly cancel: (id: string) => Effect.Effect<boolean, Errors.NotStopped>
    /** The whole of an event that was cut. */
    readonly full: (id: string, event: number) => Effect.Effect<string, Errors.NotLoaded | Errors.NoEvent>
    /** The draft of a post-mortem, in Markdown. */
    readonly export: (id: string) => Effect.Effect<string, Errors.NotLoaded>
    readonly archive: (id: string, archived: boolean) => Effect.Effect<SessionRow, Errors.NotLoaded>
    readonly remove: (id: string) => Effect.Effect<void, Errors.NotRemoved>
    /** How many turns run now. */
    readonly running: Effect.Effect<number>
  }
>()("breakglass/Session") {
  static readonly layer = Layer.effect(
    Session,
    Effect.gen(function* () {
      const [journal, config, { primary: target }] = [yield* Journal, yield* Config, yield* Targets]
      const [agents, powerSocket, cli] = [yield* AgentDefinition, yield* PowerSocket, yield* Cli]
      const redact = Redact.make(config.secrets)
      // On the way down all turns are ended at once: each may take seconds.
      const scope = yield* Scope.fork(yield* Effect.scope, "parallel")
      const context = yield* Effect.context<SubprocessRunner>()
      const logs = yield* LogRegistry
      const { load, listed, remove, archive } = LoadedSessions.make({ journal, redact, scope, logs })
      const turns = { running: 0 }
      const start = startTurn({ journal, config, agents, powerSocket, target, cli, redact, scope, context, turns })
      const recovered = yield* Recovery.recoverTurns(journal, load, scope)

      const create = Effect.gen(function* () {
        const id = SecureRandom.uuidV4Unsafe()
        const created_at = DateTime.formatIso(yield* DateTime.now)
        yield* journal.failIfStalled(journal.createSession({ id, created_at, cli_id: id }))
        return id
      })

      const list = (query: ListQuery) =>
        Effect.map(journal.failIfStalled(journal.sessions(query)), (page) => ({
          ...listed(page),
          turns: { running: turns.running, limit: config.maxConcurrentTurns }
        }))

      const cancel = Effect.fn("Session.cancel")(function* (id: string) {
        const { turn } = yield* load(id)
        if (turn === null) return false
        // Both before anything yields: the caller may leave.
        turn.stopping = true
        turn.fiber?.interruptUnsafe()
        const started = Effect.mapError(
          journal.failIfStalled(Deferred.await(turn.started)),
          () => new Errors.StopPending()
        )
        // A turn that runs is stopped whatever the disk does.
        if (turn.fiber === null && !(yield* started)) return false
        yield* Effect.mapError(journal.failIfStalled(Deferred.await(turn.ended)), () => new Errors.StopUnrecorded())
        return true
      })

      return Session.of({
        create,
        list,
        archive,
        remove,
        get: (id) => Effect.map(load(id), toSessionRow),
        attach: (id) => Effect.map(load(id), ({ log }) => log.attach),
        prompt: (id, prompt) =>
          Effect.flatMap(Effect.andThen(recovered, load(id)), (session) => start(session, prompt)),
        cancel,
        full: (id, event) =>
          Effect.flatMap(
            Effect.andThen(load(id), journal.failIfStalled(journal.full(id, event))),
            Option.match({ onNone: () => Effect.fail(new Errors.NoEvent()), onSome: Effect.succeed })
          ),
        export: (id) =>
          Effect.gen(function* () {
            const { log } = yield* load(id)
            const draft = postmortem({ title: log.projected().title, target: target.name, session: id })
            yield* journal.failIfStalled(log.entries(draft.add))
            return draft.text()
          }),
        running: Effect.sync(() => turns.running)
      })
    })
  )
}
