/** Operations that memory no longer holds, as the journal has them: an id that was used once is never sent again. */
import { Effect, Option, Schema } from "effect"
import { type Operation, Verb, VmEvent } from "../../contract/Power.ts"
import type { EventLog } from "../../core/log/EventLog.ts"
import type { Journal } from "../../core/journal/Journal.ts"
import type { KeptOperation } from "../../core/journal/types.ts"
import { blank } from "./registry.ts"

/** In memory, or else on the disk. */
export const finding =
  (journal: Journal["Service"], held: (op_id: string) => { readonly operation: Operation } | undefined) =>
  (op_id: string): Effect.Effect<Operation | null> =>
    Effect.suspend(() => {
      const known = held(op_id)?.operation
      return known === undefined ? remembered(journal, op_id) : Effect.succeed(known)
    })

/** What a former life knew, event by event. */
export const replay = (
  journal: Journal["Service"],
  log: Pick<EventLog<VmEvent>, "entries">,
  each: (entry: VmEvent) => void
) => {
  // The disk may have changed it, and no bit of a disk may keep the buttons from coming up.
  const sound = (entry: VmEvent) => (Schema.is(VmEvent)(entry) ? each(entry) : undefined)
  return Effect.catchTag(journal.timely(log.entries(sound, replayed)), "JournalFailed", ({ reason }) =>
    Effect.logError(`What the operations before this start became is not known: ${reason}.`)
  )
}

/** Events that are read for it. Nothing ends this log, and the buttons wait for the reading. */
const replayed = 50_000

/** Null when there is none, and when the disk does not say in time: no button waits for it. */
const remembered = (journal: Journal["Service"], op_id: string): Effect.Effect<Operation | null> =>
  journal.timely(journal.operation(op_id)).pipe(
    Effect.timeoutOption("250 millis"),
    Effect.map((found) => Option.getOrNull(Option.map(Option.flatten(found), (kept) => toldOf(op_id, kept)))),
    Effect.orElseSucceed(() => null)
  )

const toldOf = (op_id: string, { verb, at, json }: KeptOperation): Operation => {
  const event = json === null ? null : parsed(json)
  if (event?.kind === "operation" && event.op.op_id === op_id) return event.op
  // It was begun; the disk has lost by whom and how it ended.
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
