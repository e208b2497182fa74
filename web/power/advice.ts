/** Which button is recommended: it follows from what is known of the VM now, and where that is not enough it is a look. */
import type { Verb } from "../../src/contract/Power.ts"
import { observed } from "./observed.ts"
import { latest, looks, type Power } from "./power.ts"

const advice: Readonly<Record<string, Verb | undefined>> = {
  qemu_stalled: "cycle",
  disk_stalled: "cycle",
  off: "start",
  healthy: undefined,
  running: undefined
}

/** An operation that ended before this is of another night. */
const recentMs = 1_800_000

/** `fresh`: what was observed is what is. */
export const advised = (power: Power, fresh: boolean, now: number): Verb | undefined => {
  const last = latest(power)
  if (last?.ended_at === null) return undefined
  const recent = last !== undefined && now - Date.parse(last.ended_at) < recentMs
  // Pressed again it would end the same way, or do a second time what may have happened.
  if (recent && (last.outcome !== "ok" || last.verified === false)) return "status"
  const acted = power.operations.find((run) => !looks(run.verb))
  // A QEMU that no signal ends.
  if (acted?.exit_code === 20 && now - Date.parse(acted.started_at) < recentMs) return "status"
  const seen = fresh ? observed(power) : undefined
  return seen !== undefined && Object.hasOwn(advice, seen.pattern) ? advice[seen.pattern] : "status"
}
