/** The whole of a tool call: the command as it was given, and what it printed. */
import "./Opened.css"
import type { Answer } from "../../link/api.ts"
import { summary } from "./tool.ts"
import type { ToolItem } from "../transcript.ts"
import { revealHidden } from "../../text/revealHidden.ts"
import { CopyButton } from "../../components/CopyButton.tsx"
import { Output } from "../../components/Output.tsx"

export interface OpenedProps {
  readonly item: ToolItem
  /** The whole of an output that was cut. */
  readonly full: (event: number) => Promise<Answer<string>>
  readonly link: string
}

export const Opened = ({ item, full, link }: OpenedProps) => {
  const { about, whole } = summary(item.name, item.input)
  const { result } = item
  return (
    <div class="opened">
      <div class="row">
        <p class="label">
          {revealHidden(item.name)}
          {about === "" ? "" : `: ${revealHidden(about)}`} · <a href={link}>link</a>
        </p>
        <CopyButton text={revealHidden(whole)} what="command" />
      </div>
      <pre class="whole" tabIndex={0}>
        {revealHidden(whole)}
      </pre>
      {result === undefined ? (
        <p class="quiet">{item.state === "running" ? "No output yet." : "The turn ended before this answered."}</p>
      ) : (
        <Output
          text={result.output}
          bytes={result.truncated ? result.output_bytes : undefined}
          full={() => full(result.id)}
        />
      )}
    </div>
  )
}
