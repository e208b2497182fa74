/** Whether an operation may start now, must wait, or is refused; pure. */
import type { Operation, Verb } from "../../contract/Power.ts"
import { isMutating } from "./hostProtocol.ts"
import type { Registry, RunningOperation } from "./registry.ts"

/** The recovery agent's name among the actors; no operator has it. An operator's verb goes before its verbs. */
export const agent = "agent"

export type Admission =
  | { readonly _tag: "Now" }
  /** When any of these has ended. */
  | { readonly _tag: "After"; readonly ahead: ReadonlyArray<RunningOperation> }
  | { readonly _tag: "Busy"; readonly with: Operation }

/**
 * Mutating: one at a time. The agent's is refused while there is another. An operator's waits for the agent's and is refused
 * only for an operator's. Not mutating: of one verb, two run and one waits for each actor.
 */
export const admission = (registry: Registry, verb: Verb, actor: string): Admission => {
  const mutates = isMutating(verb)
  const ahead = mutates ? registry.mutating() : registry.ofActor(verb, actor)
  const refuses = mutates ? (one: Operation) => actor === agent || one.actor !== agent : isWaiting
  const busy = ahead.map(({ operation }) => operation).find(refuses)
  if (busy !== undefined) return { _tag: "Busy", with: busy }
  return ahead.length < (mutates ? 1 : readsAtOnce) ? { _tag: "Now" } : { _tag: "After", ahead }
}

/** A second, should the first hang. */
const readsAtOnce = 2

const isWaiting = ({ phase }: Operation): boolean => phase === "waiting"
