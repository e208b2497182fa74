/** Nothing has happened yet: what state the VM is in, and the three ways on. */
import "./Welcome.css"
import type { AppState } from "./AppModel.ts"
import { by, ending } from "../power/ending.ts"
import { labels } from "../power/verbs.ts"
import { visible } from "../text/revealHidden.ts"
import { count, moment } from "../text/format.ts"
import { VmLine } from "../power/VmLine.tsx"

export const Welcome = ({ app }: { readonly app: AppState }) => {
  const rows = app.sessions.rows.value
  const last = app.power.power.value.operations.find(({ verb }) => verb !== "status")
  const loading = app.sessions.problem.value === "" ? "Loading…" : "The list could not be loaded"
  const [, off, why] = /^(.*?\.)(?: (.*))?$/s.exec(visible(app.info.value?.chat_off ?? "")) ?? []
  return (
    <section class="scroll welcome">
      <h1>What is wrong with {visible(app.target.value)}?</h1>
      <VmLine app={app} />
      {last !== undefined && (
        <p class="quiet">
          {labels[last.verb].name}, {moment(last.started_at, app.serverNow.value)} by {by(last.actor)}:{" "}
          {ending(last).word}
        </p>
      )}
      <div class="ways">
        <button type="button" class="way" onClick={() => document.getElementById("message")?.focus()}>
          <strong>Ask the agent</strong>{" "}
          <span>{off === undefined ? "Logs in, finds the cause, reports" : `${off} Use VM controls.`}</span>
        </button>
        <button type="button" class="way power" onClick={() => (app.sheetOpen.value = true)}>
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
