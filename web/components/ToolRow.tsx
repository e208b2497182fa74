/** One line per tool call; it opens to the whole command and what it printed. */
import { useSignal } from "@preact/signals"
import type { ToolItem } from "../transcript.ts"
import { summary } from "../tool.ts"
import { visible } from "../visible.ts"
import { bytes, took } from "../words.ts"
import { Mark, type Tone } from "./Mark.tsx"
import { Output } from "./Output.tsx"

const states = {
  running: { tone: "busy", word: "running" },
  ok: { tone: "ok", word: "ok" },
  failed: { tone: "bad", word: "failed" },
  unfinished: { tone: "unknown", word: "no answer" }
} satisfies Record<ToolItem["state"], { readonly tone: Tone; readonly word: string }>

interface Props {
  readonly item: ToolItem
  readonly elapsed: number | undefined
}

export const ToolRow = ({ item, elapsed }: Props) => {
  const open = useSignal(false)
  const { tone, word } = states[item.state]
  const ms = item.result?.duration_ms ?? (item.state === "running" ? elapsed : undefined)
  const said = summary(item.name, item.input)
  return (
    <details
      class={`item tool ${item.state}`}
      onToggle={(event) => {
        open.value = event.currentTarget.open
      }}
    >
      <summary>
        <span class="command">{visible(said.line)}</span>
        <span class="outcome">
          {ms !== undefined && <span>{took(ms)}</span>}
          <Mark tone={tone} />
          {word}
        </span>
      </summary>
      {open.value && (
        <div class="opened">
          <p class="label">
            {visible(item.name)}
            {said.about === "" ? "" : `: ${visible(said.about)}`}
          </p>
          <pre class="whole" tabIndex={0}>
            {visible(said.whole)}
          </pre>
          {item.result === undefined ? (
            <p class="quiet">{item.state === "running" ? "No output yet." : "The turn ended before this answered."}</p>
          ) : (
            <>
              <p class="label">
                Output{item.result.truncated && `, cut: the whole is ${bytes(item.result.output_bytes)}`}
              </p>
              <Output text={item.result.output} />
            </>
          )}
        </div>
      )}
    </details>
  )
}
