/**
 * What is counted for `GET /metrics`. Every label is one of a few words of ours: nothing that was asked, said or shown is
 * ever in one. A count cannot fail, and nothing waits for it.
 */
import { Effect, Metric } from "effect"
import { Outcome } from "../../contract/Event.ts"
import pkg from "../../../package.json" with { type: "json" }
import type { Refusal } from "../../core/http/authenticate.ts"
import { startAtZero as operationsFromZero } from "../power/metrics.ts"

const counter = (name: string, description: string) =>
  Metric.counter(`breakglass_${name}_total`, { description, incremental: true })
const gauge = (name: string, description: string) => Metric.gauge(`breakglass_${name}`, { description })

const turns = counter("turns_ended", "Turns that ended, by outcome.")
const events = counter("events_appended", "Events written to the logs.")
const redactions = counter("redactions", "Secrets that were taken out of events before they were stored.")
const failures = counter("journal_write_failures", "Writes that the journal did not take.")
const refusals = counter("auth_refusals", "Requests that were refused for who asked, or from where.")
const letGo = counter("stream_readers_let_go", "Readers that were ended: too many, not reading, or signed out.")

const running = gauge("turns_running", "Turns that run now.")
const readers = gauge("stream_readers", "Readers that are attached now.")
const degraded = gauge("journal_degraded", "1 while the journal takes no writes: the chat is off, the buttons are not.")
const build = gauge("build_info", "Always 1; what runs is in the labels.").pipe(
  Metric.withAttributes({ version: pkg.version, node: process.versions.node })
)

type Reason = Refusal["_tag"]
const reasons = Object.keys({
  BadRequest: true,
  Unauthenticated: true,
  TooManyAttempts: true,
  Forbidden: true,
  Misdirected: true,
  WrongContentType: true
} satisfies Record<Reason, true>) as ReadonlyArray<Reason>
const count = (metric: typeof turns, labels: Readonly<Record<string, string>>, by = 1) =>
  Metric.update(Metric.withAttributes(metric, labels), by)

/** Of any log: only a turn's end has an outcome of its own. */
interface Stored {
  readonly kind: string
  readonly outcome?: Outcome
}

export const appended = (stored: ReadonlyArray<Stored>, redacted: number) =>
  Effect.all(
    [
      count(events, {}, stored.length),
      count(redactions, {}, redacted),
      ...stored.flatMap(({ outcome }) => (outcome === undefined ? [] : [count(turns, { outcome })]))
    ],
    { discard: true }
  )
export const journalFailed = count(failures, {})
export const refused = (reason: Reason, by = 1) => count(refusals, { reason }, by)
const whys = ["superseded", "stalled", "signed_out"] as const
export const readersLetGo = (why: (typeof whys)[number], by = 1) => count(letGo, { why }, by)

export interface Now {
  readonly turns: number
  readonly readers: number
  readonly writable: boolean
}

export const show = (now: Now) =>
  Effect.all(
    [
      Metric.update(running, now.turns),
      Metric.update(readers, now.readers),
      Metric.update(degraded, now.writable ? 0 : 1)
    ],
    { discard: true }
  )

/** Every series from 0: of one that begins at 1 a rate is not seen. */
export const begin = Effect.all(
  [
    Metric.update(build, 1),
    count(redactions, {}, 0),
    count(failures, {}, 0),
    count(events, {}, 0),
    ...whys.map((why) => readersLetGo(why, 0)),
    ...reasons.map((reason) => refused(reason, 0)),
    ...Outcome.literals.map((outcome) => count(turns, { outcome }, 0)),
    operationsFromZero
  ],
  { discard: true }
)
