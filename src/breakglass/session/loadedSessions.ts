/** The sessions in memory: each is loaded from the journal when it is first asked for, and leaves when it is deleted. */
import { Effect, Fiber, Option, type Scope } from "effect"
import { conversationId } from "../../core/claude/command.ts"
import { type Journal, JournalFailed } from "../../core/journal/Journal.ts"
import type { Page, StoredSession } from "../../core/journal/types.ts"
import * as EventLog from "../../core/log/EventLog.ts"
import type { LogRegistry } from "../../core/log/LogRegistry.ts"
import type { Start } from "../../core/log/Projection.ts"
import type { Redact } from "../../core/redact/redact.ts"
import type { NotStored } from "../../core/turn/EventSink.ts"
import { type LiveSession, sessionRow, toSessionRow, writeEnd } from "./LiveSession.ts"
import * as Errors from "./errors.ts"
import { project, type Projected } from "./projection.ts"
import * as Recovery from "./recovery.ts"

interface Deps {
  readonly journal: Journal["Service"]
  readonly redact: Redact
  /** Of what goes on without its caller. */
  readonly scope: Scope.Scope
  readonly logs: LogRegistry["Service"]
}

interface Sessions extends Deps {
  readonly loaded: Map<string, LiveSession>
  readonly removed: Set<string>
}

export const make = (deps: Deps) => {
  const sessions: Sessions = { ...deps, loaded: new Map(), removed: new Set() }
  const load = loading(sessions)
  return {
    load,
    remove: (id: string) => Effect.flatMap(load(id), (session) => remove(sessions, session)),
    archive: Effect.fnUntraced(function* (id: string, archived: boolean) {
      const session = yield* load(id)
      yield* deps.journal.failIfStalled(deps.journal.archive(id, archived))
      session.row = { ...session.row, archived }
      return toSessionRow(session)
    }),
    /** As the wire shows them. */
    listed: ({ rows, next }: Page) => ({
      sessions: rows.map((row) => {
        const session = sessions.loaded.get(row.id)
        return session === undefined ? sessionRow(row, row.title, start(row).last, false) : toSessionRow(session)
      }),
      next
    })
  }
}

const loading = (sessions: Sessions) =>
  Effect.fnUntraced(function* (id: string) {
    const { journal, loaded, removed } = sessions
    const known = loaded.get(id)
    if (known !== undefined) return known
    // A session has the id of its first conversation.
    if (!conversationId.test(id) || removed.has(id)) return yield* new Errors.NoSession()
    const row = Option.getOrNull(yield* journal.failIfStalled(journal.session(id)))
    if (row === null) return yield* new Errors.NoSession()
    const session = yield* read(sessions, row)
    const ending = yield* keep(sessions, session, row)
    if (ending !== null) yield* journal.failIfStalled(Fiber.await(ending))
    // It may have been deleted since its row was read.
    if (removed.has(id)) return yield* new Errors.NoSession()
    return loaded.get(id) ?? session
  })

const read = Effect.fnUntraced(function* ({ journal, redact }: Sessions, row: StoredSession) {
  const { id, open_turn } = row
  const prompts = new Set(yield* journal.failIfStalled(journal.prompts(id)))
  const stored = Effect.flatMap(
    journal.session(id),
    Option.match({ onNone: () => Effect.fail(deleted), onSome: (now) => Effect.succeed(start(now)) })
  )
  const log = yield* EventLog.make(journal, id, { stored, project }, start(row), redact)
  const session: LiveSession = { row, log, prompts, turn: null, endPending: open_turn !== null, deleting: false }
  return session
})

/** Gives the fiber that ends the turn that was open before the restart; null when there is none, or another one does. */
const keep = Effect.fnUntraced(function* (
  { journal, loaded, removed, logs, scope }: Sessions,
  session: LiveSession,
  { id, open_turn, cli_id }: StoredSession
) {
  // Another request may have loaded it while this one waited: two logs for one session would give out ids twice.
  if (loaded.has(id) || removed.has(id)) return null
  loaded.set(id, session)
  yield* logs.add(session.log)
  if (open_turn === null) return null
  const recovery = Effect.flatMap(
    Recovery.endTurn(session.log, open_turn, journal.closeHome(open_turn, cli_id)),
    (end) => writeEndNow(session, end, scope)
  )
  // In the server's scope: the caller may leave.
  return yield* Effect.forkIn(recovery, scope)
}, Effect.uninterruptible)

/** Now if the disk takes it, else later. */
const writeEndNow = (session: LiveSession, end: Effect.Effect<void, NotStored>, scope: Scope.Scope) =>
  Effect.matchEffect(end, {
    onSuccess: () => Effect.sync(() => (session.endPending = false)),
    onFailure: () => Effect.forkIn(writeEnd(session, end), scope)
  })

/** Deletes it from the disk and ends its readers. Refused while a turn runs or its end is not on disk. */
const remove = Effect.fnUntraced(function* ({ journal, loaded, removed, logs, scope }: Sessions, session: LiveSession) {
  const { id } = session.row
  if (session.turn !== null) return yield* new Errors.TurnRunning()
  if (session.endPending) return yield* new Errors.EndPending()
  if (session.deleting) return yield* new Errors.NoSession()
  // Before anything yields: no prompt comes between.
  session.deleting = true
  const deleting = Effect.tapError(journal.removeSession(id), () => Effect.sync(() => (session.deleting = false)))
  const forgetting = Effect.suspend(() => {
    removed.add(id)
    loaded.delete(id)
    return Effect.andThen(logs.remove(session.log), session.log.close)
  })
  // In the server's scope: its readers are told even if the caller leaves.
  const fiber = yield* Effect.forkIn(Effect.andThen(deleting, forgetting), scope, { startImmediately: true })
  yield* journal.failIfStalled(Fiber.join(fiber))
})

/** Where the log of a stored session goes on. */
const start = ({ title, cli_id, cli_opened, open_turn, unfinished, ...row }: StoredSession): Start<Projected> => ({
  last: { id: row.last_event_id, at: row.last_event_at },
  projected: { title, cli_id, cli_opened, open_turn, unfinished }
})

const deleted = new JournalFailed({ reason: "the session was deleted", full: false })
