/** What the agent does now, and the way to end it. Present only while a turn runs, always in this place. */
import "./StopBar.css"
import type { ReadonlySignal } from "@preact/signals"
import type { Conversation } from "./conversation.ts"
import { current } from "../link/link.ts"
import type { Transcript } from "../transcript/transcript.ts"
import { summary } from "../transcript/items/tool.ts"
import { revealHidden } from "../text/revealHidden.ts"
import { stopwatch } from "../text/format.ts"
import { Mark } from "../components/Mark.tsx"

interface Props {
  readonly session: Conversation
  readonly serverNow: ReadonlySignal<number>
}

export const StopBar = ({ session, serverNow }: Props) => {
  const transcript = session.transcript.value
  const live = current(session.link.value)
  const since = transcript.turn === undefined ? 0 : serverNow.value - Date.parse(transcript.turn.at)
  return (
    <div class="stopbar">
      <p>
        <span class="doing">
          <Mark tone={live ? "busy" : "unknown"} />
          {session.stopping.value
            ? "Stopping…"
            : live
              ? `Agent working ${stopwatch(since)}`
              : "Was working when last seen"}
        </span>
        <span class="command">{revealHidden(doing(transcript))}</span>
        <span id="stop-reach" class="reach">
          Stop ends the agent, not the VM.
        </span>
      </p>
      <button
        type="button"
        class="button stop-agent"
        aria-describedby="stop-reach"
        aria-disabled={session.stopping.value}
        onClick={() => void session.stop()}
      >
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
          <rect x="2" y="2" width="12" height="12" rx="2" />
        </svg>
        Stop
      </button>
    </div>
  )
}

const doing = (transcript: Transcript): string => {
  const tool = transcript.blocks
    .slice(-2)
    .flat()
    .findLast((item) => item.kind === "tool" && item.state === "running")
  if (tool?.kind === "tool") return summary(tool.name, tool.input).line
  return transcript.live === "" ? "Thinking" : "Writing"
}
