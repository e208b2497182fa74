/** A run of items, with the VM's operations in their places. What did not change is the same object, and is not drawn again. */
import { Component } from "preact"
import { addressOf } from "../shell/address.ts"
import type { AppState } from "../shell/AppModel.ts"
import { indexOf } from "./operationsInBlock.ts"
import { later } from "../shell/later.ts"
import type { Run } from "../power/power.ts"
import type { Session } from "../session/SessionModel.ts"
import type { Block, Item } from "./transcript.ts"
import { visible } from "../text/revealHidden.ts"
import { clock } from "../text/format.ts"
import { EndItem } from "./EndItem.tsx"
import { Prose } from "../text/Prose.tsx"
import { ToolRow } from "./ToolRow.tsx"

interface Context {
  readonly app: AppState
  readonly session: Session
}

interface Props extends Context {
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
  override render({ block, elapsed, runs, linked, app, session }: Props) {
    const place = (item: Item, at: number) => [
      ...runs.filter((run) => indexOf(block, run) === at).map((run) => operation(app, run)),
      <div key={item.id} id={`e-${item.id}`} class={`of-${item.kind} ${item.id === linked ? "linked" : ""}`}>
        <ItemView
          app={app}
          session={session}
          item={item}
          elapsed={item.kind === "tool" ? elapsed[item.tool_id] : undefined}
        />
      </div>
    ]
    return (
      <div class="block">
        {block.map(place)}
        {runs.filter((run) => indexOf(block, run) === block.length).map((run) => operation(app, run))}
      </div>
    )
  }
}

const operation = (app: AppState, run: Run) => <Operation key={run.op_id} app={app} run={run} />

const Operation = (props: { readonly app: AppState; readonly run: Run }) => {
  const OperationItem = later.value?.OperationItem
  return OperationItem === undefined ? null : <OperationItem {...props} />
}

const Cancelled = (props: { readonly item: Extract<Item, { readonly kind: "cancelled" }> }) => {
  const CancelledItem = later.value?.CancelledItem
  return CancelledItem === undefined ? null : <CancelledItem {...props} />
}

const Failed = (props: { readonly app: AppState; readonly item: Extract<Item, { readonly kind: "error" }> }) => {
  const ErrorItem = later.value?.ErrorItem
  return ErrorItem === undefined ? <p class="item failure">{visible(props.item.error)}</p> : <ErrorItem {...props} />
}

interface ItemProps extends Context {
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

const itemOf = ({ item, elapsed, app, session }: ItemProps) => {
  switch (item.kind) {
    case "user":
      return (
        <div class="item user">
          <p class="who">
            You asked{" "}
            <a href={addressOf(app.route.peek() ?? "", item.id)} aria-label={`Link to this prompt, ${clock(item.at)}`}>
              {clock(item.at)}
            </a>
          </p>
          <p>{visible(item.text)}</p>
        </div>
      )
    case "text":
      return (
        <div class="item text">
          <Prose text={item.text} />
        </div>
      )
    case "tool":
      return (
        <ToolRow item={item} elapsed={elapsed} full={session.full} link={addressOf(app.route.peek() ?? "", item.id)} />
      )
    case "notice":
      return <p class="item notice">{visible(item.text)}</p>
    case "result":
      // A good one repeats the last prose, a bad one is repeated by the error; its price is in the turn's last line.
      return null
    case "error":
      return <Failed app={app} item={item} />
    case "cancelled":
      return <Cancelled item={item} />
    case "end":
      return <EndItem item={item} />
  }
}
