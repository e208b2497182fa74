/** How a turn ended: the outcome and its price; what failed and what to do. */
import type { Outcome } from "../../src/contract/Event.ts"
import type { AppState } from "../AppModel.ts"
import type { EndItem as End, Item } from "../transcript.ts"
import { visible } from "../visible.ts"
import { clock, cost, took } from "../words.ts"
import { Mark, type Tone } from "./Mark.tsx"

type Of<K extends Item["kind"]> = Extract<Item, { readonly kind: K }>

const outcomes = {
  completed: { tone: "ok", word: "Done" },
  failed: { tone: "bad", word: "Failed" },
  cancelled: { tone: "off", word: "Stopped" },
  timed_out: { tone: "bad", word: "Time limit reached" },
  interrupted: { tone: "bad", word: "Interrupted: the server restarted" }
} satisfies Record<Outcome, { readonly tone: Tone; readonly word: string }>

export const EndItem = ({ item }: { readonly item: End }) => {
  const { tone, word } = outcomes[item.outcome] ?? { tone: "unknown", word: item.outcome }
  return (
    <p class="item end">
      <Mark tone={tone} />
      <strong>{word}</strong>
      {item.result !== undefined && (
        // What the CLI did not say is 0 on the wire.
        <span>
          {[
            item.result.duration_ms > 0 ? took(item.result.duration_ms) : "",
            item.result.cost_usd > 0 ? cost(item.result.cost_usd) : ""
          ]
            .filter((said) => said !== "")
            .join(" · ")}
        </span>
      )}
      <time dateTime={item.at}>{clock(item.at)}</time>
    </p>
  )
}

export const ErrorItem = ({ app, item }: { readonly app: AppState; readonly item: Of<"error"> }) => (
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
