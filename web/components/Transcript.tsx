/** The log, oldest first. It follows the end only for a reader who is at the end; nothing moves under a finger. */
import { useSignal } from "@preact/signals"
import { useLayoutEffect, useRef } from "preact/hooks"
import type { AppState } from "../AppModel.ts"
import type { Session } from "../SessionModel.ts"
import { BlockView } from "./BlockView.tsx"
import { Prose } from "./Prose.tsx"

interface Props {
  readonly app: AppState
  readonly session: Session
}

export const Transcript = ({ session }: Props) => {
  const transcript = session.transcript.value
  const scroller = useRef<HTMLDivElement>(null)
  const log = useRef<HTMLDivElement>(null)
  const sent = session.sent.value
  const following = useRef(true)
  const seen = useSignal(-1)
  const { last, live } = transcript

  const measure = () => {
    const box = scroller.current
    if (box === null) return
    following.current = box.scrollHeight - box.scrollTop - box.clientHeight < 60
    if (following.current) seen.value = last
  }
  const toEnd = () => {
    const box = scroller.current
    if (box === null) return
    box.scrollTop = box.scrollHeight
    following.current = true
    seen.value = last
  }
  useLayoutEffect(() => {
    if (following.current) toEnd()
  }, [last, live.length])
  useLayoutEffect(() => {
    if (sent > 0) toEnd()
  }, [sent])
  useLayoutEffect(() => {
    const box = scroller.current
    if (box === null || log.current === null) return
    // The composer grows, the keyboard comes, a block is measured: the end must stay in sight.
    const observer = new ResizeObserver(() => {
      if (following.current) box.scrollTop = box.scrollHeight
    })
    observer.observe(box)
    observer.observe(log.current)
    return () => observer.disconnect()
  }, [])

  const missed = last - seen.value
  return (
    <div class="view">
      <div class="scroll transcript" ref={scroller} onScroll={measure} role="log" aria-label="Transcript" tabIndex={0}>
        <div class="log" ref={log}>
          {last < 0 && (
            <p class="quiet center">
              {session.link.value.state === "live" ? "Nothing has been asked yet." : "Reading the log…"}
            </p>
          )}
          {transcript.blocks.map((block, index) => (
            <BlockView
              key={block[0]?.id ?? index}
              block={block}
              elapsed={index === transcript.blocks.length - 1 ? transcript.elapsed : none}
            />
          ))}
          {live !== "" && (
            <div class="item text live" aria-live="off">
              <Prose text={live} />
            </div>
          )}
        </div>
      </div>
      {missed > 0 && !following.current && (
        <button type="button" class="newer" onClick={toEnd}>
          ↓ {missed} new
        </button>
      )}
    </div>
  )
}

const none: Readonly<Record<string, number>> = {}
