/** One session while the server holds it: its log, its turn, and what is said of it. */
import { Deferred, Effect, Fiber, Option, Schedule, type Scope } from "effect"
import type { SessionRow } from "../../contract/breakglass/Api.ts"
import { conversationId } from "../../core/claude/command.ts"
import * as EventLog from "../../core/log/EventLog.ts"
import type { LogRegistry } from "../../core/log/LogRegistry.ts"
import * as Former from "./recovery.ts"
import { type Journal, JournalFailed } from "../../core/journal/Journal.ts"
import type { Last, Page, StoredSession } from "../../core/journal/types.ts"
import type { Start } from "../../core/log/Projection.ts"
import type { Redact } from "../../core/redact/redact.ts"
import type { NotStored } from "../../core/turn/EventSink.ts"
import { project, type Projected, type SessionEvent } from "./projection.ts"
import * as Errors from "./errors.ts"

/** A turn from its claim to its end. */
export interface Running {
  readonly id: string
  /** Stop was asked for: one that has not begun by then is ended before it does. */
  stopping: boolean
  /** null while its prompt is on its way to the disk. */
  fiber: Fiber.Fiber<void> | null
  /** false when it could not begin. */
  readonly begun: Deferred.Deferred<boolean>
  /** Its `turn_end` is in the log; fails when it is over and the disk has not taken that. */
  readonly ended: Deferred.Deferred<void, Errors.StopUnrecorded>
}

export const claimed = (id: string): Running => ({
  id,
  stopping: false,
  fiber: null,
  begun: Deferred.makeUnsafe(),
  ended: Deferred.makeUnsafe()
})

export interface Prompt {
  readonly text: string
  readonly model: string
  readonly promptId: string | null
}

export interface Listed {
  readonly sessions: ReadonlyArray<SessionRow>
  readonly next: string | null
  readonly turns: { readonly running: number; readonly limit: number }
}

export type SessionLog = EventLog.EventLog<SessionEvent, Projected>

/** A session in memory. */
export interface Live {
  row: Pick<StoredSession, "id" | "created_at" | "archived">
  readonly log: SessionLog
  readonly prompts: Set<string>
  /** The turn that runs now; there is no other word on whether one does. */
  turn: Running | null
  /** The end of its last turn is not on disk yet. */
  owing: boolean
  /** It is being deleted: nothing is begun in it. */
  gone: boolean
}

/** The sessions in memory, and how one gets there. */
export const loader = (
  journal: Journal["Service"],
  redact: Redact,
  scope: Scope.Scope,
  logs: LogRegistry["Service"]
) => {
  const loaded = new Map<string, Live>()
  const removed = new Set<string>()
  const load = Effect.fnUntraced(function* (id: string) {
    const known = loaded.get(id)
    if (known !== undefined) return known
    // A session has the id of its first conversation.
    if (!conversationId.test(id) || removed.has(id)) return yield* new Errors.NoSession()
    const row = Option.getOrNull(yield* journal.failIfStalled(journal.session(id)))
    if (row === null) return yield* new Errors.NoSession()
    const prompts = new Set(yield* journal.failIfStalled(journal.prompts(id)))
    const stored = Effect.flatMap(
      journal.session(id),
      Option.match({ onNone: () => Effect.fail(deleted), onSome: (now) => Effect.succeed(start(now)) })
    )
    const log = yield* EventLog.make(journal, id, { stored, project }, start(row), redact)
    const { open_turn, cli_id } = row
    const live: Live = { row, log, prompts, turn: null, owing: open_turn !== null, gone: false }
    const ending = yield* Effect.uninterruptible(
      Effect.gen(function* () {
        // Another request may have loaded it while this one waited: two logs for one session would give out ids twice.
        if (loaded.has(id) || removed.has(id)) return null
        loaded.set(id, live)
        yield* logs.add(log)
        if (open_turn === null) return null
        // A fiber of its own, begun with the entry: who asked may go away.
        const inheriting = Effect.flatMap(Former.end(log, open_turn, journal.closeHome(open_turn, cli_id)), (owed) =>
          settle(live, owed, scope)
        )
        return yield* Effect.forkIn(inheriting, scope)
      })
    )
    if (ending !== null) yield* journal.failIfStalled(Fiber.await(ending))
    // One that was read before its deletion and is told after it.
    if (removed.has(id)) return yield* new Errors.NoSession()
    return loaded.get(id) ?? live
  })
  /** Deletes it from the disk and ends its readers. Refused while a turn runs or owes its end. */
  const remove = Effect.fnUntraced(function* (id: string) {
    const live = yield* load(id)
    if (live.turn !== null) return yield* new Errors.TurnRunning()
    if (live.owing) return yield* new Errors.EndPending()
    if (live.gone) return yield* new Errors.NoSession()
    // Before anything yields: no prompt comes between.
    live.gone = true
    const deleted = Effect.tapError(journal.removeSession(id), () => Effect.sync(() => (live.gone = false)))
    // Of its own: whatever becomes of who asked, its readers are told.
    const all = Effect.andThen(
      deleted,
      Effect.suspend(() => {
        removed.add(id)
        loaded.delete(id)
        return Effect.andThen(logs.remove(live.log), live.log.close)
      })
    )
    const deleting = yield* Effect.forkIn(all, scope, { startImmediately: true })
    yield* journal.failIfStalled(Fiber.join(deleting))
  })
  const archive = Effect.fnUntraced(function* (id: string, archived: boolean) {
    const live = yield* load(id)
    yield* journal.failIfStalled(journal.archive(id, archived))
    live.row = { ...live.row, archived }
    return wire(live)
  })
  const listed = ({ rows, next }: Page) => ({
    sessions: rows.map((row) => {
      const live = loaded.get(row.id)
      return live === undefined ? shown(row, row.title, start(row).last, false) : wire(live)
    }),
    next
  })
  return { load, listed, remove, archive }
}

/** Writes a turn's end as soon as the disk takes it. Until then no prompt may come between. */
export const pay = (live: Live, owed: Effect.Effect<void, NotStored>) =>
  Effect.gen(function* () {
    yield* Effect.orDie(Effect.retry(owed, Schedule.spaced("1 second")))
    live.owing = false
  })

/** Now if the disk takes it, else later. */
const settle = (live: Live, owed: Effect.Effect<void, NotStored>, scope: Scope.Scope) =>
  Effect.matchEffect(owed, {
    onSuccess: () => Effect.sync(() => (live.owing = false)),
    onFailure: () => Effect.forkIn(pay(live, owed), scope)
  })

/** As the wire shows it. */
export const wire = ({ row, log, turn }: Live): SessionRow =>
  shown(row, log.projected().title, log.last(), turn !== null)

const shown = (
  { id, created_at, archived }: Live["row"],
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

/** Where the log of a stored session goes on. */
const start = ({ title, cli_id, cli_opened, open_turn, unfinished, ...row }: StoredSession): Start<Projected> => ({
  last: { id: row.last_event_id, at: row.last_event_at },
  projected: { title, cli_id, cli_opened, open_turn, unfinished }
})

const deleted = new JournalFailed({ reason: "the session was deleted", full: false })
