/** What was written and is not in the log yet. Nothing leaves here unseen, and nothing runs twice. */
import "./Outbox.css"
import type { Conversation } from "./conversation.ts"
import type { Draft } from "./DraftModel.ts"
import { held, type SendGate, type Waiting } from "./outbox.ts"
import { revealHidden } from "../text/revealHidden.ts"

export const Outbox = ({ draft, session }: { readonly draft: Draft; readonly session: Conversation }) => {
  const { outbox, remove, release } = session.outbox
  const gate = session.gate.value
  const edit = (item: Waiting) => {
    const written = draft.draft.peek()
    draft.write(written.trim() === "" ? item.text : `${item.text}\n\n${written}`)
    remove(item.prompt_id)
    document.getElementById("message")?.focus()
  }
  return (
    <ul class="outbox" aria-label="Not in the log yet">
      {outbox.value.map((item, index) => (
        <li key={item.prompt_id} class={item.state === "failed" ? "refused" : ""}>
          <p class="words">{revealHidden(item.text)}</p>
          <div class="row">
            <p class="quiet">{statusText(item, gate, index)}</p>
            {item.state !== "sending" && (
              <div class="row">
                {(item.state === "failed" || held(item, gate) !== undefined) && (
                  <button type="button" class="button" onClick={() => release(item.prompt_id)}>
                    Send now
                  </button>
                )}
                {item.state !== "unsure" && (
                  // It may run already, and an edited prompt is another prompt.
                  <button type="button" class="button" onClick={() => edit(item)}>
                    Edit
                  </button>
                )}
                <button type="button" class="button" onClick={() => remove(item.prompt_id)}>
                  Remove
                </button>
              </div>
            )}
          </div>
        </li>
      ))}
    </ul>
  )
}

const after = {
  completed: "",
  cancelled: "On hold, because the agent was stopped.",
  failed: "On hold, because the agent could not finish.",
  timed_out: "On hold, because the agent reached its time limit.",
  interrupted: "On hold, because the agent was interrupted."
}

const statusText = (item: Waiting, gate: SendGate, index: number): string => {
  const why = held(item, gate)
  if (why !== undefined) return after[why]
  if (item.state === "sending") return "Sending…"
  if (item.state === "failed") return `Not sent. ${item.reason}`
  if (gate.signedOut) return "Waiting for you to sign in."
  if (item.state === "unsure")
    return `${item.reason || "No answer yet."} It may have arrived. Will be retried by itself; it runs only once.`
  if (index > 0) return "Waiting for the message above."
  return gate.running || item.refusedAt > -2
    ? "Waiting for the agent to finish. Keep this page open."
    : "About to be sent."
}
