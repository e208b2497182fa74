/** How a turn ended: the outcome and its price. */
import "./cards.css"
import type { Outcome } from "../../../src/contract/Event.ts"
import type { EndItem as End } from "../transcript.ts"
import { clock, took } from "../../text/format.ts"
import { Mark, type Tone } from "../../components/Mark.tsx"

const cost = (usd: number): string => `$${usd.toFixed(usd < 0.1 ? 3 : 2)}`

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
