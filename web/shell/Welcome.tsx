/** Nothing has happened yet: what state the VM is in, and the three ways on. */
import "./Welcome.css"
import type { ReadonlySignal } from "@preact/signals"
import { by, ending } from "../power/ending.ts"
import type { Run } from "../power/power.ts"
import { labels } from "../power/verbs.ts"
import type { VmState } from "../power/vmState.ts"
import type { Sessions } from "../session/SessionsModel.ts"
import { type Sheet, VmLine } from "../sheet/VmLine.tsx"
import { count, moment } from "../text/format.ts"
import { revealHidden } from "../text/revealHidden.ts"

interface Props {
  readonly target: string
  /** Why the agent cannot be asked, when it cannot. */
  readonly chatOff: string | null | undefined
  readonly sessions: Pick<Sessions, "rows" | "problem">
  /** The last operation that is more than a question. */
  readonly last: Run | undefined
  readonly serverNow: ReadonlySignal<number>
  readonly vm: ReadonlySignal<VmState>
  readonly sheet: Sheet
}

export const Welcome = ({ target, chatOff, sessions, last, serverNow, vm, sheet }: Props) => {
  const rows = sessions.rows.value
  const loading = sessions.problem.value === "" ? "Loading…" : "The list could not be loaded"
  // The first sentence says it; what to do follows.
  const [, off, why] = /^(.*?\.)(?: (.*))?$/s.exec(revealHidden(chatOff ?? "")) ?? []
  return (
    <section class="scroll welcome">
      <h1>What is wrong with {revealHidden(target)}?</h1>
      <VmLine vm={vm} sheet={sheet} />
      {last !== undefined && (
        <p class="quiet">
          {labels[last.verb].name}, {moment(last.started_at, serverNow.value)} by {by(last.actor)}: {ending(last).word}
        </p>
      )}
      <div class="ways">
        <button type="button" class="way" onClick={() => document.getElementById("message")?.focus()}>
          <strong>Ask the agent</strong>{" "}
          <span>{off === undefined ? "Logs in, finds the cause, reports" : `${off} Use VM controls.`}</span>
        </button>
        <button type="button" class="way power" onClick={() => (sheet.open.value = true)}>
          <strong>VM controls</strong> <span>Restart the VM: works without AI</span>
        </button>
        <button type="button" class="way" onClick={() => document.getElementById("sessions")?.focus()}>
          <strong>Recent sessions</strong>{" "}
          <span>{rows === undefined ? loading : rows.length === 0 ? "None yet" : count(rows.length, "session")}</span>
        </button>
      </div>
      {why !== undefined && (
        <details class="fold">
          <summary>Why?</summary>
          <p>{why}</p>
        </details>
      )}
    </section>
  )
}
