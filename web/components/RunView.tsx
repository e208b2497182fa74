/** An operation as it goes and as it ended. Only an answer that was read back is called verified. */
import { useRef } from "preact/hooks"
import type { AppState } from "../AppModel.ts"
import type { Run } from "../power.ts"
import { outcomes } from "../verbs.ts"
import { visible } from "../visible.ts"
import { moment, stopwatch, took } from "../words.ts"
import { Mark, type Tone } from "./Mark.tsx"
import { Output } from "./Output.tsx"

export const RunView = ({ app, run }: { readonly app: AppState; readonly run: Run }) => {
  const { ended_at, evidence, output, started_at, verb } = run
  const from = Date.parse(started_at)
  const open = ended_at === null
  const tone = toneOf(run)
  const when = moment(started_at, app.serverNow.value)
  // Of what was over when it came into view nothing is announced.
  const watched = useRef(open).current
  const role = !watched ? undefined : open || tone === "ok" ? "status" : "alert"
  const next = open ? "" : ending(run).next
  return (
    <section class="run" aria-label={`${verb}, ${when}`}>
      <p key={role} class="row" role={role}>
        <Mark tone={tone} />
        <strong>
          {verb}: {wordOf(run)}
        </strong>
        <span class="quiet steady" aria-hidden={open}>
          {open ? stopwatch(app.serverNow.value - from) : took(Date.parse(ended_at) - from)}
        </span>
      </p>
      <p class="quiet">
        {when} by {visible(run.actor)}
      </p>
      {open && <Phases run={run} />}
      {evidence && <p class="evidence">{visible(evidence)}</p>}
      {next && <p class="next">{next}</p>}
      {output && (
        <details>
          <summary>{open ? "Output" : "How it went, and output"}</summary>
          {!open && <Phases run={run} />}
          <Output text={output} />
        </details>
      )}
    </section>
  )
}

const Phases = ({ run }: { readonly run: Run }) => {
  const { ended_at, phase, phases } = run
  // The stream may not have told the last one yet.
  const ahead = phases.at(-1)?.phase === phase ? [] : [{ phase, at: ended_at }]
  return (
    <ol class="phases">
      {[...phases, ...ahead].map(({ phase, at }, index, { length }) => (
        <li key={index} class={index === length - 1 && ended_at === null ? "now" : ""}>
          <span>{visible(phase)}</span>
          <span class="quiet">{at && took(Date.parse(at) - Date.parse(run.started_at))}</span>
        </li>
      ))}
    </ol>
  )
}

const ending = ({ outcome }: Run) => outcomes[outcome ?? "unknown"] ?? outcomes.unknown

export const wordOf = (run: Run): string => {
  if (run.ended_at === null) return "running"
  if (run.outcome !== "ok") return ending(run).word
  return run.verified === true ? "done, verified" : run.verified === false ? "NOT verified" : "done"
}

export const toneOf = (run: Run): Tone => {
  if (run.ended_at === null) return "busy"
  return run.outcome === "ok" && run.verified === false ? "unknown" : ending(run).tone
}
