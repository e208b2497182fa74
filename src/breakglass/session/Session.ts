/**
 * The conversations, owned by the server (the tmux model): phones attach, drop and come back, the turn goes on. A session
 * is a log and at most one turn; the turn's fiber belongs to this layer, never to the request that began it.
 */
import { Context, DateTime, Deferred, Effect, Layer, Option, Scope } from "effect"
import { SecureRandom } from "effect/crypto"
import type { SessionRow } from "../../contract/breakglass/Api.ts"
import type { SubprocessRunner } from "../../core/process/SubprocessRunner.ts"
import { AgentDefinition } from "../agent/AgentDefinition.ts"
import { Cli } from "../../core/claude/ClaudeCheck.ts"
import { Config } from "../config/Config.ts"
import { PowerSocket } from "../agent/PowerSocket.ts"
import { elsewhere } from "../agent/remoteStop.ts"
import type { EventLog } from "../../core/log/EventLog.ts"
import { LogRegistry } from "../../core/log/LogRegistry.ts"
import * as Former from "./recovery.ts"
import { Journal, type JournalFailed } from "../../core/journal/Journal.ts"
import type { ListQuery } from "../../core/journal/types.ts"
import * as Live from "./LiveSession.ts"
import { postmortem } from "./postmortem.ts"
import { afterKill, home, limits } from "./turnOptions.ts"
import * as Redact from "../../core/redact/redact.ts"
import { Targets } from "../target/Targets.ts"
import * as Turn from "../../core/turn/Turn.ts"
import * as Errors from "./errors.ts"

export class Session extends Context.Service<
  Session,
  {
    readonly create: Effect.Effect<string, JournalFailed>
    /** Newest activity first, and how many turns run of how many may. */
    readonly list: (query: ListQuery) => Effect.Effect<Live.Listed, JournalFailed>
    readonly get: (id: string) => Effect.Effect<SessionRow, Errors.NotLoaded>
    /** To follow the session's log from any event on. */
    readonly attach: (id: string) => Effect.Effect<EventLog["attach"], Errors.NotLoaded>
    /** Answers once the turn is claimed and its `user` event is on disk; the turn runs on without the caller. */
    readonly prompt: (id: string, prompt: Live.Prompt) => Effect.Effect<void, Errors.NotPrompted>
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
      const journal = yield* Journal
      const config = yield* Config
      const [agents, powerSocket, { primary: target }] = [yield* AgentDefinition, yield* PowerSocket, yield* Targets]
      const cli = yield* Cli
      const redact = Redact.make(config.secrets)
      // On the way down all turns are ended at once: each may take seconds.
      const scope = yield* Scope.fork(yield* Effect.scope, "parallel")
      const context = yield* Effect.context<SubprocessRunner>()
      const { load, listed, remove, archive } = Live.loader(journal, redact, scope, yield* LogRegistry)
      let turns = 0
      const inherited = yield* Former.inherit(journal, load, scope)

      const create = Effect.gen(function* () {
        const id = SecureRandom.uuidV4Unsafe()
        const created_at = DateTime.formatIso(yield* DateTime.now)
        yield* journal.failIfStalled(journal.createSession({ id, created_at, cli_id: id }))
        return id
      })

      const list = (query: ListQuery) =>
        Effect.map(journal.failIfStalled(journal.sessions(query)), (page) => ({
          ...listed(page),
          turns: { running: turns, limit: config.maxConcurrentTurns }
        }))

      const begin = Effect.fn("Session.prompt")(function* (live: Live.Live, { text, model, promptId }: Live.Prompt) {
        const known = () => promptId !== null && live.prompts.has(promptId)
        // Of one that is on its way to the disk this is not known yet.
        if (known() && live.turn !== null) yield* Deferred.await(live.turn.begun)
        if (!known()) yield* cli.usable
        if (known()) return
        // Who is told that nothing was begun must not find it begun later: refused before it is written, or not at all.
        yield* journal.failIfStalled(Effect.void)
        if (live.turn !== null) return yield* new Errors.TurnRunning()
        if (live.owing) return yield* new Errors.EndPending()
        if (live.gone) return yield* new Errors.NoSession()
        if (turns >= config.maxConcurrentTurns) return yield* new Errors.TurnLimit({ limit: config.maxConcurrentTurns })
        // Claimed before anything yields: of ten prompts at once nine find it so.
        const turn = Live.claimed(SecureRandom.uuidV4Unsafe())
        live.turn = turn
        turns += 1
        if (promptId !== null) live.prompts.add(promptId)
        const release = Effect.sync(() => {
          if (live.turn !== turn) return
          live.turn = null
          turns -= 1
        })
        const metadata = { turn: turn.id, ...(promptId === null ? {} : { prompt_id: promptId }) }
        yield* live.log.append([{ kind: "user", text, metadata }]).pipe(
          Effect.tapError(() => {
            live.prompts.delete(promptId ?? "")
            return Effect.andThen(release, Deferred.succeed(turn.begun, false))
          })
        )
        const { cli_id, cli_opened, unfinished } = live.log.projected()
        // Stop ends its commands' power at once, not when the last of them has been ended.
        const access = powerSocket.grant(() => !turn.stopping)
        const options: Turn.Options = {
          command: agents.recovery({ id: turn.id, model, pve: access.env }),
          home: home(journal, turn.id, config.formerConfig),
          conversation: { id: cli_id, mode: cli_opened ? "resume" : "new" },
          prompt: unfinished ? `${afterKill}\n\n${text}` : text,
          limits: limits(config),
          sink: live.log,
          elsewhere: elsewhere({ file: target.ssh.program, knownHosts: target.ssh.knownHosts }, turn.id),
          redact,
          stopping: () => turn.stopping,
          shut: access.revoke,
          newId: Effect.sync(() => SecureRandom.uuidV4Unsafe()),
          settled: (owed) =>
            Effect.gen(function* () {
              live.owing = owed !== null
              if (owed !== null) yield* Effect.forkIn(Live.pay(live, owed), scope)
              yield* release
              yield* owed === null
                ? Deferred.succeed(turn.ended, undefined)
                : Deferred.fail(turn.ended, new Errors.StopUnrecorded())
            })
        }
        // Whatever fails in there, a turn that is over holds nothing up.
        const over = Effect.all([
          Effect.sync(access.revoke),
          release,
          Deferred.fail(turn.ended, new Errors.StopUnrecorded())
        ])
        const run = Turn.run(options).pipe(Effect.provideContext(context), Effect.ensuring(over))
        // At once: a fiber that is interrupted before its first step takes none, and the turn would never end.
        turn.fiber = yield* Effect.forkIn(run, scope, { startImmediately: true })
        if (turn.stopping) turn.fiber.interruptUnsafe()
        yield* Deferred.succeed(turn.begun, true)
      }, Effect.uninterruptible)

      const cancel = Effect.fn("Session.cancel")(function* (id: string) {
        const { turn } = yield* load(id)
        if (turn === null) return false
        // Both before anything yields: who asked may go away.
        turn.stopping = true
        turn.fiber?.interruptUnsafe()
        const begun = Effect.mapError(journal.failIfStalled(Deferred.await(turn.begun)), () => new Errors.StopPending())
        // One that runs is stopped whatever the disk does.
        if (turn.fiber === null && !(yield* begun)) return false
        yield* Effect.mapError(journal.failIfStalled(Deferred.await(turn.ended)), () => new Errors.StopUnrecorded())
        return true
      })

      return Session.of({
        create,
        list,
        archive,
        remove,
        get: (id) => Effect.map(load(id), Live.wire),
        attach: (id) => Effect.map(load(id), ({ log }) => log.attach),
        prompt: (id, prompt) => Effect.flatMap(Effect.andThen(inherited, load(id)), (live) => begin(live, prompt)),
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
        running: Effect.sync(() => turns)
      })
    })
  )
}
