/** Always typable. Send and Stop are two buttons in two places: neither ever becomes the other. */
import "./Composer.css"
import type { ReadonlySignal } from "@preact/signals"
import { useLayoutEffect, useRef } from "preact/hooks"
import { later } from "../later.ts"
import { revealHidden } from "../text/revealHidden.ts"
import type { Conversation } from "./conversation.ts"
import type { Draft } from "./DraftModel.ts"
import { StopBar } from "./StopBar.tsx"

interface Props {
  readonly draft: Draft
  readonly session: Conversation | undefined
  readonly target: ReadonlySignal<string>
  readonly serverNow: ReadonlySignal<number>
  /** Why the last Send did nothing, or "". */
  readonly unsent: ReadonlySignal<string>
}

export const Composer = ({ draft, session, target, serverNow, unsent }: Props) => {
  const running = session?.running.value ?? false
  const { Chips, Outbox, Resume } = later.value ?? {}
  const blank = draft.draft.value.trim() === ""
  const problem = session?.problem.value ?? unsent.value
  return (
    <section class="dock" aria-label="Ask the agent">
      {session !== undefined && running && <StopBar session={session} serverNow={serverNow} />}
      {problem !== "" && (
        <p class="problem" role="status">
          {problem}
        </p>
      )}
      {session !== undefined &&
        session.outbox.outbox.value.length > 0 &&
        (Outbox === undefined ? <p class="quiet">Not in the log yet.</p> : <Outbox draft={draft} session={session} />)}
      {session !== undefined && blank && Resume !== undefined && <Resume session={session} model={draft.model} />}
      {blank && !running && Chips !== undefined && (
        <Chips
          onChoose={(prompt) => {
            draft.write(prompt)
            document.getElementById("message")?.focus()
          }}
        />
      )}
      <Box
        draft={draft}
        running={running}
        placeholder={
          running
            ? "Write the next message meanwhile"
            : (session?.transcript.value.last ?? -1) < 0
              ? `What is wrong with ${revealHidden(target.value)}?`
              : "Reply…"
        }
      />
    </section>
  )
}

interface BoxProps {
  readonly draft: Draft
  readonly running: boolean
  readonly placeholder: string
}

const Box = ({ draft, running, placeholder }: BoxProps) => {
  const text = draft.draft.value
  const box = useRef<HTMLTextAreaElement>(null)
  const blank = text.trim() === ""
  useLayoutEffect(() => grow(box.current), [text])
  return (
    <form
      class="box"
      onSubmit={(event) => {
        event.preventDefault()
        void draft.send()
      }}
    >
      <textarea
        id="message"
        ref={box}
        aria-label="Message"
        rows={1}
        maxLength={65_536}
        placeholder={placeholder}
        value={text}
        onInput={(event) => draft.write(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.isComposing || !sends(event)) return
          event.preventDefault()
          void draft.send()
        }}
      />
      <div class="row">
        <select
          aria-label="Model"
          value={draft.model.value}
          onChange={(event) => draft.choose(event.currentTarget.value)}
        >
          {draft.models.value.map((model) => (
            <option key={model} value={model}>
              {model}
            </option>
          ))}
        </select>
        {running && !blank && <span class="quiet why">Sent when the agent is done. Keep this page open.</span>}
        <button type="submit" class="button primary send" aria-disabled={blank || draft.starting.value}>
          Send
        </button>
      </div>
    </form>
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
