/** Operations that memory no longer holds, as the journal has them: an id that was used is never sent again. */
import { Effect, Option, Schema } from "effect"
import { type Operation, Verb, VmEvent } from "../../contract/Power.ts"
import type { EventLog } from "../../core/log/EventLog.ts"
import type { Journal } from "../../core/journal/Journal.ts"
import type { Derived, KeptOperation } from "../../core/journal/types.ts"
import { blank } from "./registry.ts"

/** Looks in memory, then on the disk. */
export const finding =
  (journal: Journal["Service"], inMemory: (op_id: string) => { readonly operation: Operation } | undefined) =>
  (op_id: string): Effect.Effect<Operation | null> =>
    Effect.suspend(() => {
      const known = inMemory(op_id)?.operation
      return known === undefined ? fromJournal(journal, op_id) : Effect.succeed(known)
    })

/** What was known before the restart, event by event. */
export const replay = (
  journal: Journal["Service"],
  log: Pick<EventLog<VmEvent>, "entries">,
  each: (entry: VmEvent) => void
) => {
  // A disk can change what is on it, and no changed bit may keep the buttons from coming up.
  const sound = (entry: VmEvent) => (Schema.is(VmEvent)(entry) ? each(entry) : undefined)
  return Effect.catchTag(journal.failIfStalled(log.entries(sound, maxReplayed)), "JournalFailed", ({ reason }) =>
    Effect.logError(`The operations from before this start could not be read (${reason}). Their ends are not known.`)
  )
}

/** Events: the newest that are read. This log has no end, and the buttons wait for the reading. */
const maxReplayed = 50_000

/** Null when there is none, and when the disk does not answer in time: no button waits for it. */
const fromJournal = (journal: Journal["Service"], op_id: string): Effect.Effect<Operation | null> =>
  journal.failIfStalled(journal.operation(op_id)).pipe(
    Effect.timeoutOption("250 millis"),
    Effect.map((found) => Option.getOrNull(Option.map(Option.flatten(found), (kept) => operationFrom(op_id, kept)))),
    Effect.orElseSucceed(() => null)
  )

const operationFrom = (op_id: string, { verb, at, json }: KeptOperation): Operation => {
  const event = json === null ? null : parsed(json)
  if (event?.kind === "operation" && event.op.op_id === op_id) return event.op
  // It was started. The disk has lost by whom, and how it ended.
  const known = Schema.is(Verb)(verb) ? verb : "status"
  const lost = {
    actor: "unknown",
    outcome: "unknown",
    phase: "unknown",
    evidence: "the journal has lost its end"
  } as const
  return { ...blank, ...lost, op_id, verb: known, started_at: at, ended_at: at }
}

const parsed = (json: string): VmEvent | null => {
  try {
    const event: unknown = JSON.parse(json)
    return Schema.is(VmEvent)(event) ? event : null
  } catch {
    return null
  }
}

/** What an operation is found by, however long ago it was. One append tells of one. */
export const operationOf = ([event]: ReadonlyArray<VmEvent>): Derived =>
  event?.kind === "operation" ? { operation: { op_id: event.op.op_id, verb: event.op.verb } } : {}
