/** The VM's own log, folded: operations newest first, what each printed, and what was last observed. */
import type { Operation, Status, Verb } from "../../src/contract/Power.ts"

/** `op` carries no output: that comes in pieces of its own. */
export type PowerEntry =
  | { readonly kind: "operation"; readonly op: Omit<Operation, "output">; readonly id: number; readonly at: string }
  | { readonly kind: "output"; readonly op_id: string; readonly text: string; readonly id: number; readonly at: string }

/** An operation, with the phases and output that the stream gave. What a request gave may be ahead of both. */
export interface Run extends Operation {
  readonly phases: ReadonlyArray<{ readonly phase: string; readonly at: string }>
  readonly streamed: string
}

export interface Power {
  readonly last: number
  readonly operations: ReadonlyArray<Run>
  readonly status: Status | undefined
}

export const emptyPower: Power = { last: -1, operations: [], status: undefined }

export const foldPower = (power: Power, entry: PowerEntry): Power => {
  const last = entry.id
  if (last <= power.last) return power
  if (entry.kind === "operation") {
    const { op, at } = entry
    return place({ ...power, last }, op, (run) =>
      run.phases.at(-1)?.phase === op.phase ? run : { ...run, phases: [...run.phases, { phase: op.phase, at }] }
    )
  }
  if (entry.kind !== "output") return { ...power, last }
  const operations = power.operations.map((op) => {
    if (op.op_id !== entry.op_id) return op
    const streamed = `${op.streamed}${entry.text}\n`
    return longer({ ...op, streamed }, streamed)
  })
  return { ...power, last, operations }
}

/** Takes the answer to a request: it is newer than what a broken stream gave, but an operation that has ended stays ended. */
export const learn = (power: Power, op: Operation): Power => {
  const known = power.operations.find((each) => each.op_id === op.op_id)
  return known?.ended_at ? power : place(power, op, (run) => longer(run, op.output))
}

/** A verb that is not mutating never blocks another. */
export const isMutating = (verb: Verb): boolean => verb !== "status" && verb !== "forensics"

/** What runs now; of several, what changes the VM. */
export const current = ({ operations }: Power): Run | undefined => {
  const open = operations.filter((op) => op.ended_at === null)
  return open.find((op) => isMutating(op.verb)) ?? open[0]
}

/** What runs, or ended last: not what began last, for a look during a cycle began later. */
export const latest = (power: Power): Run | undefined =>
  current(power) ?? power.operations.toSorted((a, b) => ((a.ended_at ?? "") < (b.ended_at ?? "") ? 1 : -1))[0]

/** An operation that has ended stays ended, whatever is replayed. */
const place = (power: Power, op: Omit<Operation, "output">, change: (run: Run) => Run): Power => {
  const { operations } = power
  const index = operations.findIndex((each) => each.op_id === op.op_id)
  const known = operations[index]
  if (known !== undefined) {
    const newer = known.ended_at !== null && op.ended_at === null ? {} : op
    return { ...power, operations: operations.with(index, change({ ...known, ...newer, output: known.output })) }
  }
  const older = operations.findIndex((each) => each.started_at < op.started_at)
  const run = change({ ...op, output: "", streamed: "", phases: [] })
  return { ...power, operations: operations.toSpliced(older < 0 ? operations.length : older, 0, run) }
}

const longer = (run: Run, output: string): Run => (output.length > run.output.length ? { ...run, output } : run)
