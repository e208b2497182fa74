/** One session while the server holds it: its log, the turn that runs, and its row as the wire shows it. */
import { Deferred, Effect, type Fiber, Schedule } from "effect"
import type { SessionRow } from "../../contract/breakglass/Api.ts"
import type { Last, StoredSession } from "../../core/journal/types.ts"
import type { EventLog } from "../../core/log/EventLog.ts"
import type { NotStored } from "../../core/turn/EventSink.ts"
import type { StopUnrecorded } from "./errors.ts"
import type { Projected, SessionEvent } from "./projection.ts"

export interface LiveSession {
  row: Pick<StoredSession, "id" | "created_at" | "archived">
  readonly log: EventLog<SessionEvent, Projected>
  /** The ids of its prompts: a prompt that is sent again is the same one. */
  readonly prompts: Set<string>
  /** The turn that runs now; nothing else says whether one does. */
  turn: RunningTurn | null
  /** The end of its last turn is not on disk yet. */
  endPending: boolean
  /** It is being deleted: no turn is started in it. */
  deleting: boolean
}

/** A turn from its claim to its end. */
export interface RunningTurn {
  readonly id: string
  /** Stop was asked for: a turn that has not started by then is ended before it does. */
  stopping: boolean
  /** null while its prompt is on its way to the disk. */
  fiber: Fiber.Fiber<void> | null
  /** false when it could not start. */
  readonly started: Deferred.Deferred<boolean>
  /** Its `turn_end` is in the log; fails when it is over and the disk has not taken that. */
  readonly ended: Deferred.Deferred<void, StopUnrecorded>
}

export const newTurn = (id: string): RunningTurn => ({
  id,
  stopping: false,
  fiber: null,
  started: Deferred.makeUnsafe(),
  ended: Deferred.makeUnsafe()
})

/** Writes a turn's end as soon as the disk takes it. Until then no prompt may come between. */
export const writeEnd = (session: LiveSession, end: Effect.Effect<void, NotStored>) =>
  Effect.gen(function* () {
    yield* Effect.orDie(Effect.retry(end, Schedule.spaced("1 second")))
    session.endPending = false
  })

/** As the wire shows it. */
export const toSessionRow = ({ row, log, turn }: LiveSession): SessionRow =>
  sessionRow(row, log.projected().title, log.last(), turn !== null)

export const sessionRow = (
  { id, created_at, archived }: LiveSession["row"],
  title: string,
  last: Last,
  turn_active: boolean
): SessionRow => ({
  session_id: id,
  title,
  created_at,
  last_event_at: last.at,
  last_event_id: last.id,
  turn_active,
  archived
})
