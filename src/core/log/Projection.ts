/** What follows from the events of a log and is kept beside them. */
import { Effect } from "effect"
import type { Journal, JournalFailed } from "../journal/Journal.ts"
import type { Derived, Last } from "../journal/types.ts"

/** Where a log ends, and what follows from it up to there. */
export interface Start<S> {
  readonly last: Last
  readonly projected: S
}

export interface Projection<E, S> {
  /** As the journal has it. */
  readonly stored: Effect.Effect<Start<S>, JournalFailed>
  /** From what followed before: what follows after these events, and what of it is stored with them. Pure. */
  readonly project: (before: S, events: ReadonlyArray<E>) => { readonly projected: S; readonly derived: Derived }
}

/** For a log without a state: `derive` gives what is stored with an event, if anything is. */
export const stateless = <E>(
  journal: Journal["Service"],
  name: string,
  derive: (events: ReadonlyArray<E>) => Derived = () => ({})
): Projection<E, null> => ({
  stored: Effect.map(journal.last(name), (last) => ({ last, projected: null })),
  project: (_, events) => ({ projected: null, derived: derive(events) })
})
