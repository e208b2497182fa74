/** Nothing has happened yet: what state the VM is in, and the three ways on. */
import type { AppState } from "../AppModel.ts"
import { vmOf } from "../states.ts"
import { visible } from "../visible.ts"
import { count } from "../words.ts"
import { Mark } from "./Mark.tsx"

export const Welcome = ({ app }: { readonly app: AppState }) => {
  const vm = vmOf(app)
  const rows = app.sessions.rows.value
  return (
    <section class="scroll welcome">
      <h1>What is wrong with {visible(app.target.value)}?</h1>
      <p class="vm-line">
        <Mark tone={vm.tone} />
        {visible(vm.text)}
      </p>
      <div class="ways">
        <button type="button" class="way" onClick={() => document.getElementById("message")?.focus()}>
          <strong>Ask the agent</strong>{" "}
          <span>{visible(app.info.value?.chat_off ?? "It logs in, looks, and tells you")}</span>
        </button>
        <button type="button" class="way power" onClick={() => (app.sheetOpen.value = true)}>
          <strong>Power</strong> <span>Needs no agent and no model</span>
        </button>
        <button type="button" class="way" onClick={() => document.getElementById("sessions")?.focus()}>
          <strong>Recent sessions</strong>{" "}
          <span>
            {rows === undefined ? "Not known yet" : rows.length === 0 ? "None yet" : count(rows.length, "session")}
          </span>
        </button>
      </div>
    </section>
  )
}
