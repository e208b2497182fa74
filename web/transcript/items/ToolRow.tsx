/** One line per tool call; it opens to the whole command and what it printed. */
import "./ToolRow.css"
import { useSignal } from "@preact/signals"
import { later } from "../../later.ts"
import type { ToolItem } from "../transcript.ts"
import { summary } from "./tool.ts"
import { revealHidden } from "../../text/revealHidden.ts"
import { took } from "../../text/format.ts"
import { Mark, type Tone } from "../../components/Mark.tsx"
import type { OpenedProps } from "./Opened.tsx"
import { Plain } from "../../components/Plain.tsx"

const states = {
  running: { tone: "busy", word: "running" },
  ok: { tone: "ok", word: "ok" },
  failed: { tone: "bad", word: "failed" },
  unfinished: { tone: "unknown", word: "not finished" }
} satisfies Record<ToolItem["state"], { readonly tone: Tone; readonly word: string }>

interface Props extends OpenedProps {
  readonly elapsed: number | undefined
}

export const ToolRow = ({ item, elapsed, full, link }: Props) => {
  const open = useSignal(false)
  const Opened = later.value?.Opened
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
        <span class="command">{revealHidden(summary(item.name, item.input).line)}</span>
        <span class="outcome">
          {ms !== undefined && <span>{took(ms)}</span>}
          <Mark tone={tone} />
          {word}
        </span>
      </summary>
      {open.value &&
        (Opened === undefined ? (
          <Plain text={summary(item.name, item.input).whole} />
        ) : (
          <Opened item={item} full={full} link={link} />
        ))}
    </details>
  )
}
