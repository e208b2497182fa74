/** One session while the server holds it: its log, its turn, and what is said of it. */
import type { Deferred, Fiber } from "effect"
import type { SessionRow } from "../contract/Api.ts"
import type { Outcome } from "../contract/Event.ts"
import type { EventLog } from "./EventLog.ts"
import type { SessionRow as Stored } from "./Journal.ts"

export interface Running {
  readonly id: string
  /** null when the turn could not begin. */
  readonly fiber: Deferred.Deferred<Fiber.Fiber<void> | null>
  readonly outcome: Deferred.Deferred<Outcome>
}

/** A session in memory. */
export interface Live {
  row: Stored
  readonly log: EventLog
  readonly prompts: Set<string>
  /** The turn that runs now; there is no other word on whether one does. */
  turn: Running | null
  stopping: boolean
}

/** As the wire shows it. */
export const wire = ({ row, log, turn }: Pick<Live, "row" | "turn"> & Partial<Pick<Live, "log">>): SessionRow => {
  const last = log?.last() ?? { id: row.last_event_id, at: row.last_event_at }
  return {
    session_id: row.id,
    title: row.title,
    created_at: row.created_at,
    last_event_at: last.at,
    last_event_id: last.id,
    turn_active: turn !== null
  }
}

/** Seconds: what the CLI lets a command run at most (BASH_MAX_TIMEOUT_MS), and a margin. */
export const toolSilence = 660

export const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A session is called what was first asked of it. */
export const titled = (text: string): string => {
  const line = text.trim().split("\n", 1)[0] ?? ""
  return line.length > 80 ? `${line.slice(0, 79)}…` : line
}

/** Told to the model before the next prompt. */
export const afterKill =
  "(From breakglass, not the operator: the turn before this one was killed. A command of yours may have run without " +
  "your seeing its result. Check the state before you act on it.)"
