/**
 * One prompt, from start to finish, into the sink. A turn cannot fail: whatever happens is an event, and `turn_end` is
 * written in one place, last, exactly once. Interrupting a turn is Stop: it then ends the CLI and everything the CLI
 * started, and says what it ended.
 */
import { Cause, Data, Effect, Exit, Result, Schedule } from "effect"
import * as Command from "../claude/command.ts"
import type { Event, Outcome } from "../../contract/Event.ts"
import { SpawnFailed } from "../process/SubprocessRunner.ts"
import * as ClaudeRun from "./ClaudeRun.ts"
import type { NotStored, TurnEvent, TurnMetadata } from "./EventSink.ts"
import * as Verdict from "./verdict.ts"

export interface Options extends Pick<ClaudeRun.Options, "limits" | "sink" | "redact" | "elsewhere" | "stopping"> {
  readonly command: Omit<Command.Options, "conversation">
  readonly conversation: Command.Options["conversation"]
  readonly prompt: string
  /** Called before `turn_end` is written, so that the turn's processes start nothing elsewhere after it. */
  readonly revoke: () => void
  /** Its HOME, with what the CLI remembers of a conversation. `close` returns why that is not kept; null: it is. */
  readonly home: {
    readonly open: (conversation: string) => Effect.Effect<void, NotStored>
    readonly close: (conversation: string) => Effect.Effect<string | null, NotStored>
  }
  /** For the id of the conversation that replaces a lost one. */
  readonly newId: Effect.Effect<string>
  /** Called once, after `turn_end` is written; or with the write that is still to be done, when the disk does not take it. */
  readonly onEnd: (pending: Effect.Effect<void, NotStored> | null) => Effect.Effect<void>
}

export const run = (options: Options) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const conversation = { now: options.conversation }
      const ran = yield* Effect.exit(runs(options, restore, conversation))
      options.revoke()
      const kept = yield* Effect.result(options.home.close(conversation.now.id))
      // A turn that was given no home has nothing to remember.
      const homeless = Exit.isFailure(ran) && Cause.squash(ran.cause) instanceof NoHome
      const forgotten = homeless ? null : Result.isSuccess(kept) ? kept.success : kept.failure.reason
      const { events, metadata, outcome } = forgetting(ended(ran, options), forgotten)
      if (Exit.isFailure(ran) && Cause.hasDies(ran.cause)) yield* Effect.logError("A turn died", ran.cause)
      const end = options.sink.append([...events, { kind: "turn_end", outcome, metadata }])
      // The disk may be full for a moment only.
      const written = yield* Effect.result(Effect.retry(end, { schedule: Schedule.spaced("500 millis"), times: 10 }))
      yield* options.onEnd(Result.isSuccess(written) ? null : end)
    })
  )

/** At most three: "in use" leads to resuming, "not found" to a new id, and both for one id to a new id as well. */
const runs = Effect.fnUntraced(function* (
  options: Options,
  restore: ClaudeRun.Restore,
  conversation: { now: Options["conversation"] }
) {
  // A turn that is interrupted here is ended by its first run, before the CLI is started.
  yield* Effect.catchCauseIf(
    restore(Effect.mapError(options.home.open(conversation.now.id), ({ reason }) => new NoHome({ reason }))),
    Cause.hasInterruptsOnly,
    () => Effect.void
  )
  for (let left = 2; ; left--) {
    const program = Command.turn({ ...options.command, conversation: conversation.now })
    const claudeRun = yield* ClaudeRun.run({ ...options, conversation: conversation.now.id, program }, restore)
    const next = left === 0 ? null : yield* retry(claudeRun, conversation.now, options.newId)
    if (next === null) return claudeRun
    conversation.now = next.conversation
    yield* Effect.ignore(options.sink.append(next.events))
  }
})

/** How to go on after a run that could not continue its conversation; null: it is not to be run again. */
const retry = Effect.fnUntraced(function* (
  { ended, opened, result, stderr }: ClaudeRun.ClaudeRun,
  conversation: Command.Options["conversation"],
  newId: Effect.Effect<string>
) {
  if (ended._tag !== "Exited" || opened) return null
  if (conversation.mode === "new" && Verdict.conversationTaken(stderr)) {
    return { conversation: { ...conversation, mode: "resume" } as const, events: [] }
  }
  if (!Verdict.conversationLost(result, stderr)) return null
  const id = yield* newId
  const lost: TurnEvent = {
    kind: "notice",
    code: "context_lost",
    text:
      "The agent no longer has this conversation and starts without memory of it. The log above is complete; " +
      "tell it again what it needs to know.",
    metadata: { conversation: id }
  }
  return { conversation: { id, mode: "new" } as const, events: [lost] }
})

/** The agent was given nowhere to work. */
class NoHome extends Data.TaggedError("NoHome")<NotStored> {}

interface Closing {
  readonly events: ReadonlyArray<Event>
  readonly outcome: Outcome
  /** Of `turn_end`. */
  readonly metadata: TurnMetadata
}

const forgetting = (closing: Closing, why: string | null): Closing =>
  why === null ? closing : { ...closing, events: [notKept(why), ...closing.events], metadata: { unfinished: true } }

const notKept = (why: string): Event => ({
  kind: "notice",
  code: "memory_not_kept",
  text:
    `The agent's memory of this turn could not be kept (${why}): its next turn knows what was before this one at most. ` +
    "The log above is complete; tell it again what it needs to know."
})

const ended = (ran: Exit.Exit<ClaudeRun.ClaudeRun, SpawnFailed | NoHome>, { command }: Options): Closing => {
  if (Exit.isSuccess(ran)) return closing(ran.value)
  const failure = Cause.squash(ran.cause)
  const why =
    failure instanceof SpawnFailed
      ? Verdict.notStarted(command.file, failure.reason)
      : failure instanceof NoHome
        ? Verdict.noHome(failure.reason)
        : null
  if (why !== null) return { outcome: "failed", events: [Verdict.errorEvent(why)], metadata: {} }
  return { outcome: "failed", events: [Verdict.errorEvent(Verdict.defect)], metadata: { unfinished: true } }
}

const closing = (run: ClaudeRun.ClaudeRun): Closing => {
  const { outcome, error } = Verdict.verdict(run)
  const { ended, result, opened, swept, remote } = run
  const strays: ReadonlyArray<Event> = ended._tag === "Exited" && swept.ended > 0 ? [leftBehind(swept.ended)] : []
  const survivors: ReadonlyArray<Event> = outcome !== "cancelled" && swept.left > 0 ? [notEnded(swept.left)] : []
  const last: ReadonlyArray<Event> =
    outcome === "cancelled" ? [cancelled(run)] : error === null ? [] : [Verdict.errorEvent(error)]
  const unknown: ReadonlyArray<Event> = remote === "unknown" && outcome !== "cancelled" ? [maybeRunning] : []
  // A run that never reached the agent has not told it of the turn before.
  const metadata = opened ? { unfinished: result === null } : {}
  return { outcome, events: [...strays, ...survivors, ...unknown, ...last], metadata }
}

const cancelled = ({ swept, remote }: ClaudeRun.ClaudeRun): Event => ({ kind: "cancelled", ...swept, remote })

const maybeRunning: Event = {
  kind: "notice",
  code: "remote_unknown",
  text: "The target did not say that it has ended what this turn began there, so it may still be running: look before you go on."
}

const leftBehind = (count: number): Event => ({
  kind: "notice",
  code: "left_behind",
  text: `${count === 1 ? "1 process that this turn left running was" : `${count} processes that this turn left running were`} ended.`
})

const notEnded = (count: number): Event => ({
  kind: "notice",
  code: "not_ended",
  text:
    `${count === 1 ? "1 process" : `${count} processes`} of this turn could not be ended: another user's, or ` +
    "in the kernel, where SIGKILL waits until a disk or a network that does not answer does."
})
