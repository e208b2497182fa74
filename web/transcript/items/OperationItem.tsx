/** What was done to the VM's power, where it happened in the talk. */
import "./cards.css"
import type { ReadonlySignal } from "@preact/signals"
import { by, ending, phaseWord } from "../../power/ending.ts"
import type { Run } from "../../power/power.ts"
import { labels } from "../../power/verbs.ts"
import { revealHidden } from "../../text/revealHidden.ts"
import { clock, stopwatch } from "../../text/format.ts"
import { Mark } from "../../components/Mark.tsx"

interface Props {
  readonly run: Run
  readonly serverNow: ReadonlySignal<number>
  readonly openSheet: () => void
}

export const OperationItem = ({ run, serverNow, openSheet }: Props) => (
  <div class="item operation">
    <p>
      <Mark tone={ending(run).tone} />
      <strong>{labels[run.verb].title}</strong> <span class="verb">{run.verb}</span>
    </p>
    <p class="quiet">
      {run.ended_at === null ? revealHidden(phaseWord(run.phase)) : ending(run).word}
      {run.ended_at === null && (
        <span aria-hidden="true">, {stopwatch(serverNow.value - Date.parse(run.started_at))}</span>
      )}{" "}
      · {by(run.actor)} · {clock(run.started_at)}
    </p>
    <button type="button" class="link" onClick={openSheet}>
      Open VM controls
    </button>
  </div>
)
