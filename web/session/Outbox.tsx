/** What was written and is not in the log yet. Nothing leaves here unseen, and nothing runs twice. */
import "./Outbox.css"
import type { AppState } from "../shell/AppModel.ts"
import { held, type Place, type Waiting } from "./outbox.ts"
import type { Session } from "./SessionModel.ts"
import { visible } from "../text/revealHidden.ts"

export const Outbox = ({ app, session }: { readonly app: AppState; readonly session: Session }) => {
  const { outbox, remove, release } = session.outbox
  const place = session.place.value
  const edit = (item: Waiting) => {
    const draft = app.draft.peek()
    app.write(draft.trim() === "" ? item.text : `${item.text}\n\n${draft}`)
    remove(item.prompt_id)
    document.getElementById("message")?.focus()
  }
  return (
    <ul class="outbox" aria-label="Not in the log yet">
      {outbox.value.map((item, index) => (
        <li key={item.prompt_id} class={item.state === "failed" ? "refused" : ""}>
          <p class="words">{visible(item.text)}</p>
          <div class="row">
            <p class="quiet">{saying(item, place, index)}</p>
            {item.state !== "sending" && (
              <div class="row">
                {(item.state === "failed" || held(item, place) !== undefined) && (
                  <button type="button" class="button" onClick={() => release(item.prompt_id)}>
                    Send now
                  </button>
                )}
                {item.state !== "unsure" && (
                  // It may run already, and what is edited is another prompt.
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

const saying = (item: Waiting, place: Place, index: number): string => {
  const why = held(item, place)
  if (why !== undefined) return after[why]
  if (item.state === "sending") return "Sending…"
  if (item.state === "failed") return `Not sent. ${item.reason}`
  if (place.signedOut) return "Waiting for you to sign in."
  if (item.state === "unsure")
    return `${item.reason || "No answer yet."} It may have arrived. Will be retried by itself; it runs only once.`
  if (index > 0) return "Waiting for the message above."
  return place.running || item.refusedAt > -2
    ? "Waiting for the agent to finish. Keep this page open."
    : "About to be sent."
}
