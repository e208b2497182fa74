/**
 * What is counted for `GET /metrics`, with what core and power count. Every label is one of a few fixed words: nothing that was
 * asked, said or shown is ever in one. A count cannot fail, and nothing waits for it.
 */
import { Effect, Metric } from "effect"
import * as Http from "../../core/http/metrics.ts"
import * as Journal from "../../core/journal/metrics.ts"
import * as Log from "../../core/log/metrics.ts"
import * as Power from "../power/metrics.ts"
import pkg from "../../../package.json" with { type: "json" }

const turns = Metric.gauge("turns_running", { description: "Turns that run now." })
const readers = Metric.gauge("stream_readers", { description: "Readers that are attached now." })
const degraded = Metric.gauge("journal_degraded", {
  description: "1 while the journal takes no writes: the chat is off, the buttons are not."
})
const build = Metric.gauge("build_info", { description: "Always 1; what runs is in the labels." }).pipe(
  Metric.withAttributes({ version: pkg.version, node: process.versions.node })
)

export interface Gauges {
  readonly turns: number
  readonly readers: number
  readonly writable: boolean
}

export const show = (now: Gauges) =>
  Effect.all(
    [
      Metric.update(turns, now.turns),
      Metric.update(readers, now.readers),
      Metric.update(degraded, now.writable ? 0 : 1)
    ],
    { discard: true }
  )

export const startAtZero = Effect.all(
  [Metric.update(build, 1), Http.startAtZero, Journal.startAtZero, Log.startAtZero, Power.startAtZero],
  { discard: true }
)

export const exposition = Http.exposition("breakglass")
