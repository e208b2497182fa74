/** What failed, and what to do. */
import "./cards.css"
import type { ReadonlySignal } from "@preact/signals"
import type { Item, Transcript } from "../transcript.ts"
import { promptBefore } from "./promptBefore.ts"
import { revealHidden } from "../../text/revealHidden.ts"

interface Props {
  readonly openSheet: () => void
  readonly transcript: ReadonlySignal<Transcript>
  /** Puts a prompt back into the box. */
  readonly again: (prompt: string) => void
  readonly item: Extract<Item, { readonly kind: "error" }>
}

export const ErrorItem = ({ item, transcript, openSheet, again }: Props) => (
  <div class="item failure">
    <strong>The agent could not finish</strong>
    <p>{revealHidden(item.error)}</p>
    <p class="quiet">VM controls work without the agent. Or send the message again.</p>
    <div class="row buttons">
      <button type="button" class="button" onClick={openSheet}>
        Open VM controls
      </button>
      <button type="button" class="button" onClick={() => again(promptBefore(transcript.peek(), item.id) ?? "")}>
        Ask again
      </button>
    </div>
  </div>
)
