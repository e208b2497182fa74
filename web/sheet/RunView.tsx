/** An operation as it goes and as it ended. Only an answer that was read back is called verified. */
import "./RunView.css"
import { useRef } from "preact/hooks"
import type { ReadonlySignal } from "@preact/signals"
import { by, ending, lastWords, phaseWord, seen, steps } from "../power/ending.ts"
import { later } from "../later.ts"
import type { Run } from "../power/power.ts"
import { labels } from "../power/verbs.ts"
import { revealHidden } from "../text/revealHidden.ts"
import { moment, stopwatch, took } from "../text/format.ts"
import { Mark } from "../components/Mark.tsx"
import { Plain } from "../components/Plain.tsx"

export const RunView = ({ run, serverNow }: { readonly run: Run; readonly serverNow: ReadonlySignal<number> }) => {
  const { ended_at, evidence, output, started_at, verb } = run
  const from = Date.parse(started_at)
  const open = ended_at === null
  const { tone, word, next } = ending(run)
  const Output = later.value?.Output ?? Plain
  const when = moment(started_at, serverNow.value)
  const failed = run.outcome === "failed"
  // Of what was over when it came into view nothing is announced.
  const watched = useRef(open).current
  const role = !watched ? undefined : open || tone === "ok" ? "status" : "alert"
  const now = serverNow.value
  return (
    <section class="run" aria-label={`${labels[verb].name}, ${when}`}>
      <p key={role} class="row" role={role}>
        <Mark tone={tone} />
        <strong>
          {labels[verb].name}: {word}
        </strong>
        <span class="quiet steady" aria-hidden={open}>
          {open ? stopwatch(now - from) : took(Date.parse(ended_at) - from)}
        </span>
      </p>
      <p class="quiet">
        {when} by {by(run.actor)}
      </p>
      {open && <Phases run={run} now={now} />}
      {failed && <p class="evidence">{revealHidden(lastWords(output))}</p>}
      {evidence && <p class="evidence">{revealHidden(seen(evidence))}</p>}
      {next && <p class="next">{next}</p>}
      {output && (
        <details>
          <summary>{open ? "Output" : "How it went, and output"}</summary>
          {!open && <Phases run={run} now={now} />}
          <Output text={output} />
        </details>
      )}
    </section>
  )
}

const Phases = ({ run, now }: { readonly run: Run; readonly now: number }) => (
  <ol class="phases">
    {steps(run, now).map(({ phase, ms }, index, { length }) => (
      <li key={index} class={index === length - 1 && run.ended_at === null ? "now" : ""}>
        <span>{revealHidden(phaseWord(phase))}</span>
        <span class="quiet">{ms !== undefined && took(ms)}</span>
      </li>
    ))}
  </ol>
)
