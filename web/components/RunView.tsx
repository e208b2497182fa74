/** An operation as it goes and as it ended. Only an answer that was read back is called verified. */
import { useRef } from "preact/hooks"
import type { AppState } from "../AppModel.ts"
import type { Run } from "../power.ts"
import { outcomes } from "../verbs.ts"
import { visible } from "../visible.ts"
import { moment, stopwatch, took } from "../words.ts"
import { Mark } from "./Mark.tsx"
import { Output } from "./Output.tsx"

export const RunView = ({ app, run }: { readonly app: AppState; readonly run: Run }) => {
  const from = Date.parse(run.started_at)
  const said = run.outcome === null ? undefined : (outcomes[run.outcome] ?? outcomes.unknown)
  const when = moment(run.started_at, app.serverNow.value)
  // Of what was over when it came into view nothing is announced.
  const watched = useRef(said === undefined).current
  const role = !watched ? undefined : said === undefined || toneOf(run) === "ok" ? "status" : "alert"
  return (
    <section class="run" aria-label={`${run.verb}, ${when}`}>
      <p key={role} class="row" role={role}>
        <Mark tone={said === undefined ? "busy" : toneOf(run)} />
        <strong>
          {run.verb}: {said === undefined ? "running" : wordOf(run)}
        </strong>
        <span class="quiet steady" aria-hidden={run.ended_at === null}>
          {run.ended_at === null ? stopwatch(app.serverNow.value - from) : took(Date.parse(run.ended_at) - from)}
        </span>
      </p>
      <p class="quiet">
        {when} by {visible(run.actor)}
      </p>
      {run.ended_at === null && <Phases run={run} />}
      {run.evidence !== "" && <p class="evidence">{visible(run.evidence)}</p>}
      {said !== undefined && said.next !== "" && <p class="next">{said.next}</p>}
      {run.output !== "" && (
        <details key={run.op_id}>
          <summary>{run.ended_at === null ? "Output" : "How it went, and output"}</summary>
          {run.ended_at !== null && <Phases run={run} />}
          <Output text={run.output} />
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
          <span class="quiet">{at && took(Math.max(1, Date.parse(at) - Date.parse(run.started_at)))}</span>
        </li>
      ))}
    </ol>
  )
}

export const wordOf = (run: Run): string => {
  if (run.outcome !== "ok") return (outcomes[run.outcome ?? "unknown"] ?? outcomes.unknown).word
  return run.verified === true ? "done, verified" : run.verified === false ? "NOT verified" : "done"
}

export const toneOf = (run: Run) =>
  run.outcome === "ok" && run.verified === false
    ? ("unknown" as const)
    : (outcomes[run.outcome ?? "unknown"] ?? outcomes.unknown).tone
