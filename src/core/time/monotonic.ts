/** Durations are not measured by the wall clock: people and NTP set it, at the worst of times. */
import { Clock, Effect } from "effect"

/** Milliseconds since some moment, by a clock that nobody sets. */
export const monotonic = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))
