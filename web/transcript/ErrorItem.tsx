/** What failed, and what to do. */
import "./cards.css"
import type { AppState } from "../shell/AppModel.ts"
import type { Item } from "./transcript.ts"
import { visible } from "../text/revealHidden.ts"

interface Props {
  readonly app: AppState
  readonly item: Extract<Item, { readonly kind: "error" }>
}

export const ErrorItem = ({ app, item }: Props) => (
  <div class="item failure">
    <strong>The agent could not finish</strong>
    <p>{visible(item.error)}</p>
    <p class="quiet">VM controls work without the agent. Or send the message again.</p>
    <div class="row buttons">
      <button type="button" class="button" onClick={() => (app.sheetOpen.value = true)}>
        Open VM controls
      </button>
      <button type="button" class="button" onClick={() => app.again(item.id)}>
        Ask again
      </button>
    </div>
  </div>
)
