/** What was written and is not in the log yet. Nothing leaves here unseen, and nothing runs twice. */
import type { AppState } from "../AppModel.ts"
import { held, type Place, type Waiting } from "../outbox.ts"
import type { Session } from "../SessionModel.ts"
import { visible } from "../visible.ts"

export const Outbox = ({ app, session }: { readonly app: AppState; readonly session: Session }) => {
  const { outbox, remove, release } = session.outbox
  const place = session.place.value
  if (outbox.value.length === 0) return null
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
                    Ask now
                  </button>
                )}
                <button type="button" class="button" onClick={() => edit(item)}>
                  Edit
                </button>
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
  cancelled: "Held: the turn before it was stopped.",
  failed: "Held: the turn before it failed.",
  timed_out: "Held: the turn before it ran out of time.",
  interrupted: "Held: the turn before it was cut off."
}

const saying = (item: Waiting, place: Place, index: number): string => {
  const why = held(item, place)
  if (why !== undefined) return after[why]
  if (item.state === "sending") return "Sending…"
  if (item.state === "failed") return `Not sent. ${item.reason}`
  if (item.state === "unsure") return `${item.reason} It is asked again when there is a link, and runs once.`
  if (place.signedOut) return "Waits for you to sign in."
  if (index > 0) return "Waits for the one before it."
  return place.running || item.refusedAt > -2 ? "Waits for this turn to end. Keep this page open." : "About to be sent."
}
