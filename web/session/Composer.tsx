/** Always typable. Send and Stop are two buttons in two places: neither ever becomes the other. */
import "./Composer.css"
import { useLayoutEffect, useRef } from "preact/hooks"
import type { AppState } from "../shell/AppModel.ts"
import { later } from "../shell/later.ts"
import { visible } from "../text/revealHidden.ts"
import { Chips } from "./Chips.tsx"
import { StopBar } from "./StopBar.tsx"

export const Composer = ({ app }: { readonly app: AppState }) => {
  const session = app.session.value
  const draft = app.draft.value
  const box = useRef<HTMLTextAreaElement>(null)
  const running = session?.running.value ?? false
  const busy = app.starting.value
  const { Outbox, Resume } = later.value ?? {}
  const blank = draft.trim() === ""
  const problem = session?.problem.value ?? app.sessions.unsent.value
  useLayoutEffect(() => grow(box.current), [draft])

  return (
    <section class="dock" aria-label="Ask the agent">
      {session !== undefined && running && <StopBar app={app} session={session} />}
      {problem !== "" && (
        <p class="problem" role="status">
          {problem}
        </p>
      )}
      {session !== undefined &&
        session.outbox.outbox.value.length > 0 &&
        (Outbox === undefined ? <p class="quiet">Not in the log yet.</p> : <Outbox app={app} session={session} />)}
      {session !== undefined && blank && Resume !== undefined && <Resume app={app} session={session} />}
      {blank && !running && (
        <Chips
          onChoose={(prompt) => {
            app.write(prompt)
            box.current?.focus()
          }}
        />
      )}
      <form
        class="box"
        onSubmit={(event) => {
          event.preventDefault()
          void app.send()
        }}
      >
        <textarea
          id="message"
          ref={box}
          aria-label="Message"
          rows={1}
          maxLength={65_536}
          placeholder={
            running
              ? "Write the next message meanwhile"
              : (session?.transcript.value.last ?? -1) < 0
                ? `What is wrong with ${visible(app.target.value)}?`
                : "Reply…"
          }
          value={draft}
          onInput={(event) => app.write(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.isComposing || !sends(event)) return
            event.preventDefault()
            void app.send()
          }}
        />
        <div class="row">
          <select
            aria-label="Model"
            value={app.model.value}
            onChange={(event) => app.choose(event.currentTarget.value)}
          >
            {app.models.value.map((model) => (
              <option key={model} value={model}>
                {model}
              </option>
            ))}
          </select>
          {running && !blank && <span class="quiet why">Sent when the agent is done. Keep this page open.</span>}
          <button type="submit" class="button primary send" aria-disabled={blank || busy}>
            Send
          </button>
        </div>
      </form>
    </section>
  )
}

const fits = CSS.supports("field-sizing", "content")

/** Under a thumb Enter is a new line; at a keyboard it sends, and Shift makes the line. */
const sends = (event: KeyboardEvent): boolean =>
  event.ctrlKey || event.metaKey || (!event.shiftKey && matchMedia("(pointer: fine)").matches)

/** For browsers that cannot let the box fit its text: it costs a layout for each key. */
const grow = (box: HTMLTextAreaElement | null): void => {
  if (box === null || fits) return
  box.style.height = "auto"
  box.style.height = `${box.scrollHeight}px`
}
