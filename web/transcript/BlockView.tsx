/** A run of items, with the VM's operations in their places. What did not change is the same object, and is not drawn again. */
import { Component } from "preact"
import { addressOf } from "../link/address.ts"
import { indexOf } from "./operationsInBlock.ts"
import { later } from "../later.ts"
import type { Run } from "../power/power.ts"
import type { ReadonlySignal } from "@preact/signals"
import type { Answer } from "../link/api.ts"
import type { Block, EndItem, Item, Transcript } from "./transcript.ts"
import { revealHidden } from "../text/revealHidden.ts"
import { clock } from "../text/format.ts"
import { Prose } from "../components/Prose.tsx"
import { ToolRow } from "./items/ToolRow.tsx"

/** What the items of a log need beside themselves. */
export interface ItemContext {
  /** Of the session. */
  readonly id: string
  /** The whole of an output that was cut. */
  readonly full: (event: number) => Promise<Answer<string>>
  readonly serverNow: ReadonlySignal<number>
  readonly openSheet: () => void
  readonly transcript: ReadonlySignal<Transcript>
  /** Puts a prompt back into the box. */
  readonly again: (prompt: string) => void
}

interface Props {
  readonly context: ItemContext
  readonly block: Block
  readonly elapsed: Readonly<Record<string, number>>
  readonly runs: ReadonlyArray<Run>
  /** The event the address names, when it is in this block. */
  readonly linked: number | undefined
}

export class BlockView extends Component<Props> {
  override shouldComponentUpdate(next: Props) {
    const { block, elapsed, runs, linked } = this.props
    return (
      next.block !== block ||
      next.elapsed !== elapsed ||
      next.linked !== linked ||
      next.runs.length !== runs.length ||
      next.runs.some((run, index) => run !== runs[index])
    )
  }
  override render({ block, elapsed, runs, linked, context }: Props) {
    const operation = (run: Run) => <Operation key={run.op_id} run={run} {...context} />
    const place = (item: Item, at: number) => [
      ...runs.filter((run) => indexOf(block, run) === at).map(operation),
      <div key={item.id} id={`e-${item.id}`} class={`of-${item.kind} ${item.id === linked ? "linked" : ""}`}>
        <ItemView context={context} item={item} elapsed={item.kind === "tool" ? elapsed[item.tool_id] : undefined} />
      </div>
    ]
    return (
      <div class="block">
        {block.map(place)}
        {runs.filter((run) => indexOf(block, run) === block.length).map(operation)}
      </div>
    )
  }
}

const Operation = (props: ItemContext & { readonly run: Run }) => {
  const OperationItem = later.value?.OperationItem
  return OperationItem === undefined ? null : <OperationItem {...props} />
}

const Cancelled = (props: { readonly item: Extract<Item, { readonly kind: "cancelled" }> }) => {
  const CancelledItem = later.value?.CancelledItem
  return CancelledItem === undefined ? null : <CancelledItem {...props} />
}

const End = (props: { readonly item: EndItem }) => {
  const EndItem = later.value?.EndItem
  return EndItem === undefined ? null : <EndItem {...props} />
}

const Failed = (props: ItemContext & { readonly item: Extract<Item, { readonly kind: "error" }> }) => {
  const ErrorItem = later.value?.ErrorItem
  return ErrorItem === undefined ? (
    <p class="item failure">{revealHidden(props.item.error)}</p>
  ) : (
    <ErrorItem {...props} />
  )
}

interface ItemProps {
  readonly context: ItemContext
  readonly item: Item
  readonly elapsed: number | undefined
}

class ItemView extends Component<ItemProps> {
  override shouldComponentUpdate(next: ItemProps) {
    return next.item !== this.props.item || next.elapsed !== this.props.elapsed
  }
  override render(props: ItemProps) {
    return itemOf(props)
  }
}

const itemOf = ({ item, elapsed, context }: ItemProps) => {
  switch (item.kind) {
    case "user":
      return (
        <div class="item user">
          <p class="who">
            You asked{" "}
            <a href={addressOf(context.id, item.id)} aria-label={`Link to this prompt, ${clock(item.at)}`}>
              {clock(item.at)}
            </a>
          </p>
          <p>{revealHidden(item.text)}</p>
        </div>
      )
    case "text":
      return (
        <div class="item text">
          <Prose text={item.text} />
        </div>
      )
    case "tool":
      return <ToolRow item={item} elapsed={elapsed} full={context.full} link={addressOf(context.id, item.id)} />
    case "notice":
      return <p class="item notice">{revealHidden(item.text)}</p>
    case "result":
      // A good one repeats the last prose, a bad one is repeated by the error; its price is in the turn's last line.
      return null
    case "error":
      return <Failed item={item} {...context} />
    case "cancelled":
      return <Cancelled item={item} />
    case "end":
      return <End item={item} />
  }
}
