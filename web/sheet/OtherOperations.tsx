import type { ComponentChildren } from "preact"
import type { Run } from "../power/power.ts"

const shown = 10

interface Props {
  readonly runs: ReadonlyArray<Run>
  readonly draw: (run: Run) => ComponentChildren
}

export const OtherOperations = ({ runs, draw }: Props) =>
  runs.length === 0 ? null : (
    <details class="fold">
      <summary>Other operations</summary>
      {runs.slice(0, shown).map(draw)}
    </details>
  )
