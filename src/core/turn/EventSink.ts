/** Where a turn's events go. An `EventLog` is one; a job may have one in memory. */
import type { Effect } from "effect"
import type { Event, Progress } from "../../contract/Event.ts"

export interface EventSink {
  /** Stores them in order, all or none. */
  append(events: ReadonlyArray<TurnEvent>): Effect.Effect<void, NotStored>
  /** More of the block of prose that is being written. The next `text` or `turn_end` ends it. */
  writing(more: string): Effect.Effect<void>
  /** The tools that are running. */
  running(tools: ReadonlyArray<Progress>): Effect.Effect<void>
}

/** Why something was not stored. */
export interface NotStored {
  readonly reason: string
}

/** An event, and what its readers are not shown. */
export type TurnEvent = Event & { readonly metadata?: TurnMetadata }

export interface TurnMetadata {
  /** Of `context_lost`: the CLI's conversation that takes the place of the lost one. */
  readonly conversation?: string
  /** Of `turn_end`: the CLI has been told of the turn and could not note its end. Not given: it was told nothing. */
  readonly unfinished?: boolean
}
