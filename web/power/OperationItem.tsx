/** What was done to the VM's power, where it happened in the talk. */
import "../transcript/cards.css"
import type { AppState } from "../shell/AppModel.ts"
import { by, ending, phaseWord } from "./ending.ts"
import type { Run } from "./power.ts"
import { labels } from "./verbs.ts"
import { visible } from "../text/revealHidden.ts"
import { clock, stopwatch } from "../text/format.ts"
import { Mark } from "../components/Mark.tsx"

export const OperationItem = ({ app, run }: { readonly app: AppState; readonly run: Run }) => (
  <div class="item operation">
    <p>
      <Mark tone={ending(run).tone} />
      <strong>{labels[run.verb].title}</strong> <span class="verb">{run.verb}</span>
    </p>
    <p class="quiet">
      {run.ended_at === null ? visible(phaseWord(run.phase)) : ending(run).word}
      {run.ended_at === null && (
        <span aria-hidden="true">, {stopwatch(app.serverNow.value - Date.parse(run.started_at))}</span>
      )}{" "}
      · {by(run.actor)} · {clock(run.started_at)}
    </p>
    <button type="button" class="link" onClick={() => (app.sheetOpen.value = true)}>
      Open VM controls
    </button>
  </div>
)
