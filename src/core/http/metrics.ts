/** What is counted at the door: refused requests and evicted subscribers. The process adds its prefix (`exposition`). */
import { Effect, Metric } from "effect"
import { format } from "effect/observability/PrometheusMetrics"
import type { Refusal } from "./authenticate.ts"

const refusals = Metric.counter("auth_refusals_total", {
  description: "Requests that were refused for who asked, or from where.",
  incremental: true
})
const evictions = Metric.counter("stream_readers_let_go_total", {
  description: "Readers that were ended: too many, not reading, or signed out.",
  incremental: true
})

type Reason = Refusal["_tag"]
const reasons = Object.keys({
  BadRequest: true,
  Unauthenticated: true,
  TooManyAttempts: true,
  Forbidden: true,
  Misdirected: true,
  WrongContentType: true
} satisfies Record<Reason, true>) as ReadonlyArray<Reason>

export const refused = (reason: Reason, by = 1) => Metric.update(Metric.withAttributes(refusals, { reason }), by)
const causes = ["superseded", "stalled", "signed_out"] as const
export const evicted = (why: (typeof causes)[number], by = 1) =>
  Metric.update(Metric.withAttributes(evictions, { why }), by)

/** Every series starts at 0: a rate cannot see one whose first value is 1. */
export const startAtZero = Effect.all(
  [...causes.map((why) => evicted(why, 0)), ...reasons.map((reason) => refused(reason, 0))],
  { discard: true }
)

/** Everything that this process counts, as Prometheus text. */
export const exposition = (prefix: string) => format({ prefix })
