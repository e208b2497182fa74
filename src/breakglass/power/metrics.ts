/** The count of operations that ended. Its labels are words of ours, never what was asked or shown. */
import { Effect, Metric } from "effect"
import { OpOutcome, type Verb, verbs } from "../../contract/Power.ts"

const operations = Metric.counter("operations_ended_total", {
  description: "Operations that ended, by verb and by what was first known of the outcome.",
  incremental: true
})

export const operationEnded = (verb: Verb, outcome: OpOutcome, by = 1) =>
  Metric.update(Metric.withAttributes(operations, { verb, outcome }), by)

/** Every series from 0: a rate does not show the first count of a series that begins at 1. */
export const startAtZero = Effect.all(
  verbs.flatMap((verb) => OpOutcome.literals.map((outcome) => operationEnded(verb, outcome, 0))),
  { discard: true }
)
