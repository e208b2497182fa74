/** Why a session did not do what it was asked. `http/sessionProblems.ts` says it to a person. */
import { Schema } from "effect"
import type { CliUnfit } from "../../core/claude/ClaudeCheck.ts"
import type { JournalFailed } from "../../core/journal/Journal.ts"

export class NoSession extends Schema.TaggedError<NoSession>()("NoSession", {}) {}
/** No such event, or none that was cut. */
export class NoEvent extends Schema.TaggedError<NoEvent>()("NoEvent", {}) {}
export class TurnRunning extends Schema.TaggedError<TurnRunning>()("TurnRunning", {}) {}
/** As many turns run as may, over all sessions. */
export class TurnLimit extends Schema.TaggedError<TurnLimit>()("TurnLimit", { limit: Schema.Int }) {}
/** The end of the session's last turn is not on disk yet, and nothing may come before it. */
export class EndPending extends Schema.TaggedError<EndPending>()("EndPending", {}) {}
/** The turn was stopped; its end is not on disk yet. */
export class StopUnrecorded extends Schema.TaggedError<StopUnrecorded>()("StopUnrecorded", {}) {}
/** The turn's prompt is not on disk yet; when it is, the turn is ended before the agent is started. */
export class StopPending extends Schema.TaggedError<StopPending>()("StopPending", {}) {}

/** Why a session could not be had. */
export type NotLoaded = NoSession | JournalFailed
export type NotPrompted = NotLoaded | TurnRunning | TurnLimit | EndPending | CliUnfit
export type NotStopped = NotLoaded | StopUnrecorded | StopPending
export type NotRemoved = NotLoaded | TurnRunning | EndPending
export type SessionError = NotPrompted | NotStopped | NotRemoved | NoEvent
