/** One line per tool call; it opens to the whole command and what it printed. */
import { useSignal } from "@preact/signals"
import type { Answer } from "../api.ts"
import { later } from "../later.ts"
import type { ToolItem } from "../transcript.ts"
import { summary } from "../tool.ts"
import { visible } from "../visible.ts"
import { took } from "../words.ts"
import { Mark, type Tone } from "./Mark.tsx"
import { Plain } from "./Plain.tsx"

const states = {
  running: { tone: "busy", word: "running" },
  ok: { tone: "ok", word: "ok" },
  failed: { tone: "bad", word: "failed" },
  unfinished: { tone: "unknown", word: "not finished" }
} satisfies Record<ToolItem["state"], { readonly tone: Tone; readonly word: string }>

interface Props {
  readonly item: ToolItem
  readonly elapsed: number | undefined
  /** The whole of an output that was cut. */
  readonly full: (event: number) => Promise<Answer<string>>
  readonly link: string
}

export const ToolRow = ({ item, elapsed, full, link }: Props) => {
  const open = useSignal(false)
  const { tone, word } = states[item.state]
  const ms = item.result?.duration_ms ?? (item.state === "running" ? elapsed : undefined)
  return (
    <details
      aria-live="off"
      class={`item tool ${item.state}`}
      onToggle={(event) => {
        open.value = event.currentTarget.open
      }}
    >
      <summary>
        <span class="command">{visible(summary(item.name, item.input).line)}</span>
        <span class="outcome">
          {ms !== undefined && <span>{took(ms)}</span>}
          <Mark tone={tone} />
          {word}
        </span>
      </summary>
      {open.value && <Opened item={item} full={full} link={link} />}
    </details>
  )
}

const Opened = ({ item, full, link }: Omit<Props, "elapsed">) => {
  const { about, whole } = summary(item.name, item.input)
  const { result } = item
  const { CopyButton, Output = Plain } = later.value ?? {}
  return (
    <div class="opened">
      <div class="row">
        <p class="label">
          {visible(item.name)}
          {about === "" ? "" : `: ${visible(about)}`} · <a href={link}>link</a>
        </p>
        {CopyButton !== undefined && <CopyButton text={visible(whole)} what="command" />}
      </div>
      <pre class="whole" tabIndex={0}>
        {visible(whole)}
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
