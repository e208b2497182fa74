/** Which button is recommended. It follows from what is known about the VM now; if that is not enough, Check is. */
import type { Verb } from "../../src/contract/Power.ts"
import { observed } from "./observed.ts"
import { isMutating, latest, type Power, type Run } from "./power.ts"

const advice: Readonly<Record<string, Verb | undefined>> = {
  qemu_stalled: "cycle",
  disk_stalled: "cycle",
  off: "start",
  healthy: undefined,
  running: undefined
}

/** An operation that ended before this is of another night. */
const recentMs = 1_800_000

/** The host does not cut the power as it could not start the VM again, and says what it can still do. */
export const resetIsLeft = (run: Run | undefined): boolean =>
  run?.verb === "cycle" && run.outcome === "rejected" && /\breset\b/.test(run.evidence)

/** `fresh`: the observation is recent enough to be the present state. */
export const advised = (power: Power, fresh: boolean, now: number): Verb | undefined => {
  const last = latest(power)
  if (last?.ended_at === null) return undefined
  const isRecent = (at: string): boolean => now - Date.parse(at) < recentMs
  const seen = fresh ? observed(power) : undefined
  const verb = seen !== undefined && Object.hasOwn(advice, seen.pattern) ? advice[seen.pattern] : "status"
  const acted = power.operations.find((run) => isMutating(run.verb))
  const left = verb === "cycle" && acted !== undefined && isRecent(acted.started_at) && resetIsLeft(acted)
  // Pressed again it would fail again, or repeat what may have happened already.
  const failed = last !== undefined && (last.outcome !== "ok" || last.verified === false) && isRecent(last.ended_at)
  if (failed && !(left && last === acted)) return "status"
  // A QEMU that no signal ends.
  if (acted?.exit_code === 20 && isRecent(acted.started_at)) return "status"
  return left ? "reset" : verb
}
