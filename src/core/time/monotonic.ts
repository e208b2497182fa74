/** How long things take is not read off the wall's clock: that is set by people and by NTP, at the worst of times. */
import { Clock, Effect } from "effect"

/** Milliseconds of a clock that nobody sets, since some moment. */
export const steady = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))
