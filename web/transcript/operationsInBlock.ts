/** Operations on the VM among the events of a session: each is shown in the block during which it began. */
import type { Run } from "../power/power.ts"
import type { Block } from "./transcript.ts"

/** An operation long after a session's last event belongs to another night. */
const afterMs = 3_600_000

/** Oldest first. `next` is the block after this one, if there is one. */
export const runsIn = (runs: ReadonlyArray<Run>, block: Block, next: Block | undefined): ReadonlyArray<Run> => {
  const from = block[0]?.at
  const last = block.at(-1)?.at
  if (from === undefined || last === undefined) return none
  const to = next?.[0]?.at ?? new Date(Date.parse(last) + afterMs).toISOString()
  const found = runs.filter((run) => run.verb !== "status" && run.started_at >= from && run.started_at < to)
  return found.length === 0 ? none : found.reverse()
}

/** The items before which it stands: those that are newer. */
export const indexOf = (block: Block, run: Run): number => {
  const index = block.findIndex((item) => item.at > run.started_at)
  return index < 0 ? block.length : index
}

const none: ReadonlyArray<Run> = []
