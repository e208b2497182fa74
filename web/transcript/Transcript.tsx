/** The log, oldest first. It follows the end only for a reader who is at the end; nothing moves under a finger. */
import "./Transcript.css"
import type { AppState } from "../shell/AppModel.ts"
import { useScroll } from "./scroll.ts"
import { runsIn } from "./operationsInBlock.ts"
import type { Session } from "../session/SessionModel.ts"
import type { Transcript as Log } from "./transcript.ts"
import { current } from "../link/link.ts"
import { moment } from "../text/format.ts"
import { BlockView } from "./BlockView.tsx"
import { Prose } from "../text/Prose.tsx"

interface Props {
  readonly app: AppState
  readonly session: Session
}

export const Transcript = ({ app, session }: Props) => {
  const { transcript, kept } = shown(session)
  // What was kept is an end of the log only: the event is looked for in the log itself.
  const linked = kept === undefined ? app.linked.value : undefined
  const { scroller, log, span, atEnd, missed, show, measure, toggles, toEnd } = useScroll(
    transcript,
    session.sent.value,
    linked
  )
  const { blocks, live } = transcript
  const { from, to } = span
  // Finished prose and endings are read out as they come; a replay, deltas and tools are not.
  const spoken = atEnd && current(session.link.value)
  const runs = app.power.power.value.operations
  return (
    <div class={`view ${kept === undefined ? "" : "kept"}`}>
      <div
        class="scroll transcript"
        ref={scroller}
        onScroll={measure}
        {...toggles}
        role="log"
        aria-live={spoken ? "polite" : "off"}
        aria-label="Transcript"
        tabIndex={0}
      >
        <div class="log" ref={log}>
          {kept !== undefined && (
            <p class="notice item">
              Offline copy from {moment(new Date(kept).toISOString(), app.now.value)}. The agent may have gone on.
            </p>
          )}
          {transcript.last < 0 && <p class="quiet center">{nothing(session)}</p>}
          {from > 0 && (
            <button type="button" class="button more" onClick={() => show("earlier")}>
              Show earlier
            </button>
          )}
          {blocks.slice(from, to).map((block, index) => (
            <BlockView
              key={block[0]?.id ?? index}
              app={app}
              session={session}
              block={block}
              elapsed={from + index === blocks.length - 1 ? transcript.elapsed : none}
              runs={runsIn(runs, block, blocks[from + index + 1])}
              linked={linked !== undefined && block.some((item) => item.id === linked) ? linked : undefined}
            />
          ))}
          {to < blocks.length && (
            <button type="button" class="button more" onClick={() => show("later")}>
              Show later
            </button>
          )}
          {live !== "" && to === blocks.length && (
            <div class="item text live" aria-live="off">
              <Prose text={live} />
            </div>
          )}
        </div>
      </div>
      {(missed > 0 || to < blocks.length || (live !== "" && !atEnd)) && (
        <button type="button" class="newer" onClick={toEnd}>
          {missed > 0 ? `↓ ${missed} new` : "↓ To the end"}
        </button>
      )}
    </div>
  )
}

/** The log itself, or what this device kept of it while nothing has come. */
const shown = (session: Session): { readonly transcript: Log; readonly kept: number | undefined } => {
  const transcript = session.transcript.value
  const kept = session.kept.value
  const { state } = session.link.value
  const away = state === "waiting" || state === "connecting"
  return transcript.last < 0 && away && kept !== undefined
    ? { transcript: kept.transcript, kept: kept.at }
    : { transcript, kept: undefined }
}

const nothing = (session: Session): string => {
  const { state } = session.link.value
  if (state === "waiting") return "The log could not be read yet."
  return state === "live" || state === "polling" ? "No messages yet." : "Reading the log…"
}

const none: Readonly<Record<string, number>> = {}
