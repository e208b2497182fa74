/** What failed, and what to do. */
import "./cards.css"
import type { Item } from "../transcript.ts"
import { revealHidden } from "../../text/revealHidden.ts"

interface Props {
  readonly openSheet: () => void
  /** Puts the prompt that led here back into the box. */
  readonly again: (event: number) => void
  readonly item: Extract<Item, { readonly kind: "error" }>
}

export const ErrorItem = ({ item, openSheet, again }: Props) => (
  <div class="item failure">
    <strong>The agent could not finish</strong>
    <p>{revealHidden(item.error)}</p>
    <p class="quiet">VM controls work without the agent. Or send the message again.</p>
    <div class="row buttons">
      <button type="button" class="button" onClick={openSheet}>
        Open VM controls
      </button>
      <button type="button" class="button" onClick={() => again(item.id)}>
        Ask again
      </button>
    </div>
  </div>
)
