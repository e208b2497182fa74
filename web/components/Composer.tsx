/** Always typable. Send and Stop are two buttons in two places: neither ever becomes the other. */
import { useLayoutEffect, useRef } from "preact/hooks"
import type { AppState } from "../AppModel.ts"
import { presets } from "../presets.ts"
import { visible } from "../visible.ts"
import { StopBar } from "./StopBar.tsx"

export const Composer = ({ app }: { readonly app: AppState }) => {
  const session = app.session.value
  const draft = app.draft.value
  const box = useRef<HTMLTextAreaElement>(null)
  const running = session?.running.value ?? false
  const busy = app.starting.value || (session?.sending.value ?? false)
  const problem = session?.problem.value ?? ""
  const blank = draft.trim() === ""
  useLayoutEffect(() => grow(box.current), [draft])

  const send = () => {
    if (!blank && !busy && !running) void app.send()
  }

  return (
    <section class="dock" aria-label="Ask the agent">
      {session !== undefined && running && <StopBar app={app} session={session} />}
      {problem !== "" && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {blank && !running && (
        <div class="chips" role="group" aria-label="Prompts to start from">
          {presets.map((preset) => (
            <button
              key={preset.name}
              type="button"
              class="chip"
              onClick={() => {
                app.write(preset.prompt)
                box.current?.focus()
              }}
            >
              {preset.name}
            </button>
          ))}
        </div>
      )}
      <form
        class="box"
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
      >
        <textarea
          ref={box}
          aria-label="Message"
          rows={1}
          maxLength={65_536}
          enterkeyhint="enter"
          placeholder={
            running ? "Write the next message meanwhile" : `What is wrong with ${visible(app.target.value)}?`
          }
          value={draft}
          onInput={(event) => app.write(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return
            event.preventDefault()
            send()
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
          {running && !blank && <span class="quiet why">You can send when this turn ends.</span>}
          <button type="submit" class="button primary send" disabled={blank || busy || running}>
            {busy ? "Sending…" : "Send"}
          </button>
        </div>
      </form>
    </section>
  )
}

const grow = (box: HTMLTextAreaElement | null): void => {
  if (box === null) return
  box.style.height = "auto"
  box.style.height = `${box.scrollHeight}px`
}
