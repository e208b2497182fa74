/** The VM's own log, folded: operations newest first, what each printed, and what was last observed. */
import type { Operation, Status } from "../src/contract/Pve.ts"

/** `op` carries no output: that comes in pieces of its own. */
export type PowerEntry =
  | { readonly kind: "operation"; readonly op: Omit<Operation, "output">; readonly id: number; readonly at: string }
  | { readonly kind: "output"; readonly op_id: string; readonly text: string; readonly id: number; readonly at: string }

/** An operation and the way it went. */
export interface Run extends Operation {
  readonly phases: ReadonlyArray<{ readonly phase: string; readonly at: string }>
  /** What the stream itself has told of the output: `output` may be ahead of it, by request. */
  readonly streamed: string
}

export interface Power {
  readonly last: number
  readonly operations: ReadonlyArray<Run>
  readonly status: Status | undefined
}

export const emptyPower: Power = { last: -1, operations: [], status: undefined }

export const foldPower = (power: Power, entry: PowerEntry): Power => {
  if (entry.id <= power.last) return power
  const last = entry.id
  if (entry.kind === "operation") return { ...power, last, operations: place(power.operations, entry.op, entry.at) }
  if (entry.kind !== "output") return { ...power, last }
  const line = entry.text.endsWith("\n") ? entry.text : `${entry.text}\n`
  const operations = power.operations.map((op) =>
    op.op_id === entry.op_id ? longer({ ...op, streamed: op.streamed + line }, op.streamed + line) : op
  )
  return { ...power, last, operations }
}

/** An answer read by request: newer than what a broken stream told us, never older than an ending we have seen. */
export const learn = (power: Power, op: Operation): Power => {
  const known = power.operations.find((each) => each.op_id === op.op_id)
  if (known !== undefined && known.ended_at !== null) return power
  const operations = place(power.operations, op, op.ended_at ?? op.started_at)
  return { ...power, operations: operations.map((each) => (each.op_id === op.op_id ? longer(each, op.output) : each)) }
}

export const current = (power: Power): Run | undefined => power.operations.find((op) => op.ended_at === null)

const place = (operations: ReadonlyArray<Run>, op: Omit<Operation, "output">, at: string): ReadonlyArray<Run> => {
  const index = operations.findIndex((each) => each.op_id === op.op_id)
  const known = operations[index]
  if (known !== undefined) {
    const phases = known.phase === op.phase ? known.phases : [...known.phases, { phase: op.phase, at }]
    return operations.with(index, { ...known, ...op, output: known.output, phases })
  }
  const run: Run = { ...op, output: "", streamed: "", phases: [{ phase: op.phase, at }] }
  const older = operations.findIndex((each) => each.started_at < op.started_at)
  return operations.toSpliced(older < 0 ? operations.length : older, 0, run)
}

const longer = (run: Run, output: string): Run => (output.length > run.output.length ? { ...run, output } : run)
