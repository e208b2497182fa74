/** From a prompt to a turn that runs: claimed in memory, its prompt on disk, launched. */
import { type Context, Deferred, Effect, type Scope } from "effect"
import { SecureRandom } from "effect/crypto"
import type { Cli } from "../../core/claude/ClaudeCheck.ts"
import type { Journal } from "../../core/journal/Journal.ts"
import type { SubprocessRunner } from "../../core/process/SubprocessRunner.ts"
import type { Redact } from "../../core/redact/redact.ts"
import * as Turn from "../../core/turn/Turn.ts"
import type { AgentDefinition } from "../agent/AgentDefinition.ts"
import type { PowerSocket } from "../agent/PowerSocket.ts"
import { elsewhere } from "../agent/remoteStop.ts"
import type { Settings } from "../config/Config.ts"
import type { Target } from "../target/Targets.ts"
import { type LiveSession, newTurn, type RunningTurn, writeEnd } from "./LiveSession.ts"
import * as Errors from "./errors.ts"

export interface Prompt {
  readonly text: string
  readonly model: string
  readonly promptId: string | null
}

export interface Deps {
  readonly journal: Journal["Service"]
  readonly config: Settings
  readonly agents: AgentDefinition["Service"]
  readonly powerSocket: PowerSocket["Service"]
  readonly target: Target
  readonly cli: Cli["Service"]
  readonly redact: Redact
  /** The turn's: it runs on without the caller. */
  readonly scope: Scope.Scope
  readonly context: Context.Context<SubprocessRunner>
  readonly turns: { running: number }
}

/** Returns once the prompt is on disk and the turn runs. A prompt that is sent again starts nothing. */
export const startTurn = (deps: Deps) =>
  Effect.fn("Session.prompt")(function* (session: LiveSession, prompt: Prompt) {
    const turn = yield* claim(deps, session, prompt)
    if (turn === null) return
    const release = Effect.sync(() => {
      if (session.turn !== turn) return
      session.turn = null
      deps.turns.running -= 1
    })
    yield* persist(session, turn, prompt, release)
    yield* launch(deps, session, turn, prompt, release)
  }, Effect.uninterruptible)

/** null when this prompt has been taken already. */
const claim = Effect.fnUntraced(function* (
  { journal, config, cli, turns }: Deps,
  session: LiveSession,
  { promptId }: Prompt
) {
  const taken = () => promptId !== null && session.prompts.has(promptId)
  // A prompt that is on its way to the disk may yet be refused by it.
  if (taken() && session.turn !== null) yield* Deferred.await(session.turn.started)
  if (!taken()) yield* cli.usable
  if (taken()) return null
  // A caller that is told that nothing was started must not find it started later: it is refused before anything is written.
  yield* journal.failIfStalled(Effect.void)
  if (session.turn !== null) return yield* new Errors.TurnRunning()
  if (session.endPending) return yield* new Errors.EndPending()
  if (session.deleting) return yield* new Errors.NoSession()
  if (turns.running >= config.maxConcurrentTurns)
    return yield* new Errors.TurnLimit({ limit: config.maxConcurrentTurns })
  // Nothing has yielded since these checks: of ten prompts at once, nine find that the tenth is there.
  const turn = newTurn(SecureRandom.uuidV4Unsafe())
  session.turn = turn
  turns.running += 1
  if (promptId !== null) session.prompts.add(promptId)
  return turn
})

const persist = (session: LiveSession, turn: RunningTurn, { text, promptId }: Prompt, release: Effect.Effect<void>) => {
  const metadata = { turn: turn.id, ...(promptId === null ? {} : { prompt_id: promptId }) }
  return session.log.append([{ kind: "user", text, metadata }]).pipe(
    Effect.tapError(() => {
      session.prompts.delete(promptId ?? "")
      return Effect.andThen(release, Deferred.succeed(turn.started, false))
    })
  )
}

const launch = Effect.fnUntraced(function* (
  deps: Deps,
  session: LiveSession,
  turn: RunningTurn,
  prompt: Prompt,
  release: Effect.Effect<void>
) {
  // Stop ends the power of the turn's commands at once, not when the last of them has been ended.
  const access = deps.powerSocket.grant(() => !turn.stopping)
  const onEnd: Turn.Options["onEnd"] = Effect.fnUntraced(function* (pending) {
    session.endPending = pending !== null
    if (pending !== null) yield* Effect.forkIn(writeEnd(session, pending), deps.scope)
    yield* release
    yield* pending === null
      ? Deferred.succeed(turn.ended, undefined)
      : Deferred.fail(turn.ended, new Errors.StopUnrecorded())
  })
  const options: Turn.Options = { ...turnOptions(deps, session, turn, prompt, access), onEnd }
  // Whatever fails in there, a turn that is over holds nothing up.
  const over = Effect.all([Effect.sync(access.revoke), release, Deferred.fail(turn.ended, new Errors.StopUnrecorded())])
  const run = Turn.run(options).pipe(Effect.provideContext(deps.context), Effect.ensuring(over))
  // At once: a fiber that is interrupted before its first step takes none, and the turn would never end.
  turn.fiber = yield* Effect.forkIn(run, deps.scope, { startImmediately: true })
  if (turn.stopping) turn.fiber.interruptUnsafe()
  yield* Deferred.succeed(turn.started, true)
})

const turnOptions = (
  { journal, config, agents, target, redact }: Deps,
  { log }: LiveSession,
  turn: RunningTurn,
  { text, model }: Prompt,
  access: ReturnType<PowerSocket["Service"]["grant"]>
): Omit<Turn.Options, "onEnd"> => {
  const { cli_id, cli_opened, unfinished } = log.projected()
  return {
    command: agents.recovery({ id: turn.id, model, pve: access.env }),
    home: {
      open: (conversation) => journal.openHome(turn.id, conversation, config.formerConfig),
      close: (conversation) => journal.closeHome(turn.id, conversation)
    },
    conversation: { id: cli_id, mode: cli_opened ? "resume" : "new" },
    prompt: unfinished ? `${afterKill}\n\n${text}` : text,
    // `tool`: the longest that the CLI lets a command run (BASH_MAX_TIMEOUT_MS), and a margin.
    limits: { total: config.turnTimeout, silent: config.silence, tool: 660, compaction: config.compaction },
    sink: log,
    elsewhere: elsewhere({ file: target.ssh.program, knownHosts: target.ssh.knownHosts }, turn.id),
    redact,
    stopping: () => turn.stopping,
    revoke: access.revoke,
    newId: Effect.sync(() => SecureRandom.uuidV4Unsafe())
  }
}

/** Told to the model before the next prompt. */
const afterKill =
  "(From breakglass, not the operator: the turn before this one was killed. A command of yours may have run without " +
  "your seeing its result. Check the state before you act on it.)"
