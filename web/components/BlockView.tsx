/** A run of items. A block that did not change is the same array, and is not drawn again. */
import { Component } from "preact"
import type { Block, Item } from "../transcript.ts"
import { visible } from "../visible.ts"
import { CancelledItem, EndItem, ErrorItem, ResultItem } from "./Endings.tsx"
import { Prose } from "./Prose.tsx"
import { ToolRow } from "./ToolRow.tsx"

interface Props {
  readonly block: Block
  readonly elapsed: Readonly<Record<string, number>>
}

export class BlockView extends Component<Props> {
  override shouldComponentUpdate(next: Props) {
    return next.block !== this.props.block || next.elapsed !== this.props.elapsed
  }
  override render({ block, elapsed }: Props) {
    return (
      <div class="block">
        {block.map((item) => (
          <ItemView key={item.id} item={item} elapsed={elapsed} />
        ))}
      </div>
    )
  }
}

const ItemView = ({ item, elapsed }: { readonly item: Item; readonly elapsed: Props["elapsed"] }) => {
  switch (item.kind) {
    case "user":
      return (
        <div class="item user">
          <span class="who">You asked</span>
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
      return <ToolRow item={item} elapsed={elapsed[item.tool_id]} />
    case "notice":
      return <p class="item notice">{visible(item.text)}</p>
    case "result":
      return <ResultItem item={item} />
    case "error":
      return <ErrorItem item={item} />
    case "cancelled":
      return <CancelledItem item={item} />
    case "end":
      return <EndItem item={item} />
  }
}
