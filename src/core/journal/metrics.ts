import { Metric } from "effect"

const failures = Metric.counter("journal_write_failures_total", {
  description: "Writes that the journal did not take.",
  incremental: true
})
export const writeFailed = Metric.update(failures, 1)
/** A series starts at 0: a rate cannot see one whose first value is 1. */
export const startAtZero = Metric.update(failures, 0)
