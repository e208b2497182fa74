/** What Stop stopped. A stop is not an error. */
import "./cards.css"
import type { Item } from "../transcript.ts"
import { count } from "../../text/format.ts"

type Cancelled = Extract<Item, { readonly kind: "cancelled" }>

const remotes = {
  none: "It had started nothing on the VM.",
  ended: "Nothing it started is still running on the VM.",
  unknown: "Something it started may still be running on the VM."
} satisfies Record<Cancelled["remote"], string>

export const CancelledItem = ({ item }: { readonly item: Cancelled }) => (
  <div class={`item stopped ${item.left > 0 || item.remote === "unknown" ? "unsure" : ""}`}>
    <strong>The agent was stopped</strong>
    <p>
      {count(item.ended, "process", "processes")} ended, {item.left === 0 ? "none left" : `${item.left} still running`}.{" "}
      {remotes[item.remote] ?? ""}
    </p>
  </div>
)
