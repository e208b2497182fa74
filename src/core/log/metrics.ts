/** What is counted of every log. Only the end of a turn has an outcome. */
import { Effect, Metric } from "effect"
import { Outcome } from "../../contract/Event.ts"

const events = Metric.counter("events_appended_total", {
  description: "Events written to the logs.",
  incremental: true
})
const redactions = Metric.counter("redactions_total", {
  description: "Secrets that were taken out of events before they were stored.",
  incremental: true
})
const turns = Metric.counter("turns_ended_total", { description: "Turns that ended, by outcome.", incremental: true })
const turnEnded = (outcome: Outcome, by: number) => Metric.update(Metric.withAttributes(turns, { outcome }), by)

interface Appended {
  readonly kind: string
  readonly outcome?: Outcome
}

export const appended = (stored: ReadonlyArray<Appended>, redacted: number) =>
  Effect.all(
    [
      Metric.update(events, stored.length),
      Metric.update(redactions, redacted),
      ...stored.flatMap(({ outcome }) => (outcome === undefined ? [] : [turnEnded(outcome, 1)]))
    ],
    { discard: true }
  )

/** Every series starts at 0: a rate cannot see one whose first value is 1. */
export const startAtZero = Effect.all([appended([], 0), ...Outcome.literals.map((outcome) => turnEnded(outcome, 0))], {
  discard: true
})
