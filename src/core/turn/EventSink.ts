/** Where a turn's events go. An `EventLog` is one; a job may have one in memory. */
import type { Effect } from "effect"
import type { Event, Progress } from "../../contract/Event.ts"

export interface EventSink {
  /** Stores them in order, all or none. */
  append(events: ReadonlyArray<Event>, patch?: Patch): Effect.Effect<void, NotStored>
  /** More of the block of prose that is being written. The next `text` or `turn_end` ends it. */
  writing(more: string): Effect.Effect<void>
  /** The tools that are running. */
  running(tools: ReadonlyArray<Progress>): Effect.Effect<void>
}

/** Why something was not stored. */
export interface NotStored {
  readonly reason: string
}

/** What else changes with the events. */
export interface Patch {
  readonly cli_id?: string
  readonly cli_opened?: boolean
  readonly open_turn?: null
  readonly unfinished?: boolean
}
