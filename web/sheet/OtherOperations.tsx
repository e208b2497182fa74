import type { ReadonlySignal } from "@preact/signals"
import type { Run } from "../power/power.ts"
import { RunView } from "./RunView.tsx"

const shown = 10

interface Props {
  readonly runs: ReadonlyArray<Run>
  readonly serverNow: ReadonlySignal<number>
}

export const OtherOperations = ({ runs, serverNow }: Props) =>
  runs.length === 0 ? null : (
    <details class="fold">
      <summary>Other operations</summary>
      {runs.slice(0, shown).map((run) => (
        <RunView key={run.op_id} run={run} serverNow={serverNow} />
      ))}
    </details>
  )
