/** The log, oldest first. It follows the end only for a reader who is at the end; nothing moves under a finger. */
import "./Transcript.css"
import type { ReadonlySignal } from "@preact/signals"
import { useScroll } from "./scroll.ts"
import type { Span } from "./span.ts"
import { runsIn } from "./operationsInBlock.ts"
import type { Run } from "../power/power.ts"
import type { Clock } from "../link/ClockModel.ts"
import type { Transcript as Log } from "./transcript.ts"
import { current, type Link } from "../link/link.ts"
import { moment } from "../text/format.ts"
import { BlockView, type ItemContext } from "./BlockView.tsx"
import { Prose } from "../components/Prose.tsx"

/** What is shown of the session that is open. */
interface LogSource {
  readonly transcript: ReadonlySignal<Log>
  /** The end of the log, as saved on this device at `at` (ms since the epoch). */
  readonly offlineCopy: ReadonlySignal<{ readonly at: number; readonly transcript: Log } | undefined>
  readonly link: ReadonlySignal<Link>
  /** How many prompts this page has sent. */
  readonly sent: ReadonlySignal<number>
  readonly full: ItemContext["full"]
}

interface Props extends Pick<ItemContext, "id" | "openSheet" | "again"> {
  readonly session: LogSource
  /** The event that the address names, to be shown first. */
  readonly linked: number | undefined
  readonly runs: ReadonlyArray<Run>
  readonly clock: Clock
}

export const Transcript = ({ id, session, linked: named, runs, clock, openSheet, again }: Props) => {
  const { transcript, copiedAt } = shown(session)
  // An offline copy is an end of the log only: the event is looked for in the log itself.
  const linked = copiedAt === undefined ? named : undefined
  const { scroller, log, span, atEnd, missed, show, measure, toggles, toEnd } = useScroll(
    transcript,
    session.sent.value,
    linked
  )
  const { blocks, live } = transcript
  const { from, to } = span
  // Finished prose and endings are read out as they come; a replay, deltas and tools are not.
  const spoken = atEnd && current(session.link.value)
  const context = { ...session, id, serverNow: clock.serverNow, openSheet, again }
  return (
    <div class={`view ${copiedAt === undefined ? "" : "offline-copy"}`}>
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
          {copiedAt !== undefined && <Copied at={copiedAt} now={clock.now} />}
          {transcript.last < 0 && <p class="quiet center">{nothing(session)}</p>}
          {from > 0 && (
            <button type="button" class="button more" onClick={() => show("earlier")}>
              Show earlier
            </button>
          )}
          <Blocks
            blocks={blocks}
            span={span}
            elapsed={transcript.elapsed}
            runs={runs}
            linked={linked}
            context={context}
          />
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

const Copied = ({ at, now }: { readonly at: number; readonly now: ReadonlySignal<number> }) => (
  <p class="notice item">
    Offline copy from {moment(new Date(at).toISOString(), now.value)}. The agent may have gone on.
  </p>
)

interface BlocksProps {
  readonly blocks: Log["blocks"]
  readonly span: Span
  readonly elapsed: Log["elapsed"]
  readonly runs: ReadonlyArray<Run>
  readonly linked: number | undefined
  readonly context: ItemContext
}

const Blocks = ({ blocks, span: { from, to }, elapsed, runs, linked, context }: BlocksProps) => (
  <>
    {blocks.slice(from, to).map((block, index) => (
      <BlockView
        key={block[0]?.id ?? index}
        context={context}
        block={block}
        elapsed={from + index === blocks.length - 1 ? elapsed : none}
        runs={runsIn(runs, block, blocks[from + index + 1])}
        linked={linked !== undefined && block.some((item) => item.id === linked) ? linked : undefined}
      />
    ))}
  </>
)

/** The log itself, or the offline copy of it while nothing has come. */
const shown = (session: LogSource): { readonly transcript: Log; readonly copiedAt: number | undefined } => {
  const transcript = session.transcript.value
  const copy = session.offlineCopy.value
  const { state } = session.link.value
  const away = state === "waiting" || state === "connecting"
  return transcript.last < 0 && away && copy !== undefined
    ? { transcript: copy.transcript, copiedAt: copy.at }
    : { transcript, copiedAt: undefined }
}

const nothing = (session: LogSource): string => {
  const { state } = session.link.value
  if (state === "waiting") return "The log could not be read yet."
  return state === "live" || state === "polling" ? "No messages yet." : "Reading the log…"
}

const none: Readonly<Record<string, number>> = {}
