/**
 * One prompt, start to finish, into the log. A turn cannot fail: whatever happens is an event, and `turn_end` is written
 * in one place, last, exactly once. Interrupting it is Stop: it then ends the CLI and everything the CLI started, and
 * says what it ended.
 */
import { Cause, Data, Effect, Exit, Result, Schedule } from "effect"
import * as Command from "../claude/command.ts"
import type { Event, Outcome } from "../../contract/Event.ts"
import { SpawnFailed } from "../process/SubprocessRunner.ts"
import * as Attempt from "./ClaudeRun.ts"
import type { NotStored, TurnEvent, TurnMetadata } from "./EventSink.ts"
import * as Verdict from "./verdict.ts"

export interface Options extends Pick<Attempt.Options, "limits" | "sink" | "redact" | "elsewhere" | "stopping"> {
  readonly command: Omit<Command.Options, "conversation">
  readonly conversation: Command.Options["conversation"]
  readonly prompt: string
  /** Ends its way to the VM's host: before `turn_end` is written, so that nothing is begun after it. */
  readonly shut: () => void
  /** Its HOME, with the CLI's memory of a conversation; closing says why that is not kept, if it is not. */
  readonly home: {
    readonly open: (conversation: string) => Effect.Effect<void, NotStored>
    readonly close: (conversation: string) => Effect.Effect<string | null, NotStored>
  }
  /** For the id of the conversation that replaces a lost one. */
  readonly newId: Effect.Effect<string>
  /** Told once, after `turn_end` is written; or with what is `owed` to the log, when the disk does not take it. */
  readonly settled: (owed: Effect.Effect<void, NotStored> | null) => Effect.Effect<void>
}

export const run = (options: Options) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const conversation = { now: options.conversation }
      const ran = yield* Effect.exit(attempts(options, restore, conversation))
      options.shut()
      const kept = yield* Effect.result(options.home.close(conversation.now.id))
      // Where there was no home there was nothing to remember.
      const homeless = Exit.isFailure(ran) && Cause.squash(ran.cause) instanceof NoHome
      const forgotten = homeless ? null : Result.isSuccess(kept) ? kept.success : kept.failure.reason
      const { events, metadata, outcome } = forgetting(ended(ran, options), forgotten)
      if (Exit.isFailure(ran) && Cause.hasDies(ran.cause)) yield* Effect.logError("A turn died", ran.cause)
      const end = options.sink.append([...events, { kind: "turn_end", outcome, metadata }])
      // A disk that is full for a moment: the turn ends when it says so.
      const written = yield* Effect.result(Effect.retry(end, { schedule: Schedule.spaced("500 millis"), times: 10 }))
      yield* options.settled(Result.isSuccess(written) ? null : end)
    })
  )

/** Three at most: "in use" leads to resuming, "not found" to a new id, and both for one id to a new one as well. */
const attempts = Effect.fnUntraced(function* (
  options: Options,
  restore: Attempt.Restore,
  conversation: { now: Options["conversation"] }
) {
  // One that is interrupted here is ended before it begins.
  yield* Effect.catchCauseIf(
    restore(Effect.mapError(options.home.open(conversation.now.id), ({ reason }) => new NoHome({ reason }))),
    Cause.hasInterruptsOnly,
    () => Effect.void
  )
  for (let left = 2; ; left--) {
    const program = Command.turn({ ...options.command, conversation: conversation.now })
    const attempt = yield* Attempt.run({ ...options, conversation: conversation.now.id, program }, restore)
    const next = left === 0 ? null : yield* recovery(attempt, conversation.now, options.newId)
    if (next === null) return attempt
    conversation.now = next.conversation
    yield* Effect.ignore(options.sink.append(next.events))
  }
})

const recovery = Effect.fnUntraced(function* (
  { ended, opened, result, stderr }: Attempt.Attempt,
  conversation: Command.Options["conversation"],
  newId: Effect.Effect<string>
) {
  if (ended._tag !== "Itself" || opened) return null
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

const ended = (ran: Exit.Exit<Attempt.Attempt, SpawnFailed | NoHome>, { command }: Options): Closing => {
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

const closing = (attempt: Attempt.Attempt): Closing => {
  const { outcome, error } = Verdict.verdict(attempt)
  const { ended, result, opened, swept, remote } = attempt
  const strays: ReadonlyArray<Event> = ended._tag === "Itself" && swept.ended > 0 ? [leftBehind(swept.ended)] : []
  const stuck: ReadonlyArray<Event> = outcome !== "cancelled" && swept.left > 0 ? [notEnded(swept.left)] : []
  const last: ReadonlyArray<Event> =
    outcome === "cancelled" ? [cancelled(attempt)] : error === null ? [] : [Verdict.errorEvent(error)]
  const unknown: ReadonlyArray<Event> = remote === "unknown" && outcome !== "cancelled" ? [maybeRunning] : []
  // One that never reached the agent has told it nothing of the turn before.
  const metadata = opened ? { unfinished: result === null } : {}
  return { outcome, events: [...strays, ...stuck, ...unknown, ...last], metadata }
}

const cancelled = ({ swept, remote }: Attempt.Attempt): Event => ({ kind: "cancelled", ...swept, remote })

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
