/** Where the reader is in the transcript: at its end and carried along, or somewhere else and left alone. */
import { useSignal } from "@preact/signals"
import { useLayoutEffect, useRef } from "preact/hooks"
import { handOn, type Hand } from "./hand.ts"
import { around, atEnd, blockOf, earlier, later, type Span } from "./span.ts"
import type { Transcript } from "./transcript.ts"

/** Pixels from an edge that count as being there. */
const near = 60
const edge = 900

export const useScroll = (transcript: Transcript, sent: number, linked: number | undefined) => {
  const scroller = useRef<HTMLDivElement>(null)
  const log = useRef<HTMLDivElement>(null)
  const following = useRef(linked === undefined)
  const hand = useRef<Hand | undefined>(undefined)
  /** Where the box was when it was last looked at: only the reader's way up leaves the end. */
  const was = useRef(0)
  const seen = useSignal(-1)
  const chosen = useSignal<Span | undefined>(undefined)
  const anchor = useRef<{ readonly element: Element; readonly top: number } | undefined>(undefined)
  const wanted = useRef(linked)
  const { last, live, blocks } = transcript
  // Without a choice the span is the end, wherever that is by now.
  const span = chosen.value === undefined ? atEnd(blocks.length) : chosen.value

  const toEnd = () => {
    const box = scroller.current
    if (box === null) return
    chosen.value = undefined
    following.current = true
    seen.value = last
    stick(box)
  }
  const stick = (box: HTMLElement) => {
    box.scrollTop = box.scrollHeight
    was.current = box.scrollTop
  }
  /** Brings blocks in at one edge; what is being read stays where it is. */
  const show = (side: "earlier" | "later") => {
    const next = side === "earlier" ? earlier(span) : later(span, blocks.length)
    if (next.from === span.from && next.to === span.to) return
    const top = scroller.current?.getBoundingClientRect().top ?? 0
    const element = [...(log.current?.querySelectorAll(".block") ?? [])].find(
      (block) => block.getBoundingClientRect().bottom > top
    )
    anchor.current = element && { element, top: element.getBoundingClientRect().top }
    chosen.value = next
  }
  const measure = () => {
    const box = scroller.current
    if (box === null) return
    const below = box.scrollHeight - box.scrollTop - box.clientHeight
    const up = box.scrollTop < was.current
    was.current = box.scrollTop
    const end = below <= 1 || (!up && below < near)
    if (!following.current) following.current = end && span.to === blocks.length
    else if (up && below > 1 && hand.current?.on() === true) following.current = false
    if (following.current) {
      seen.value = last
      chosen.value = undefined
    } else if (chosen.value === undefined) chosen.value = span
    if (box.scrollTop < edge && span.from > 0 && !following.current) show("earlier")
    else if (below < edge && span.to < blocks.length) show("later")
  }
  /** A row that is opened grows under the finger; once it is closed the reader may be at the end as before. */
  const toggles = {
    onToggleCapture: ({ target }: Event) => {
      if (!(target as HTMLDetailsElement).open) {
        // It moved by what is no longer there.
        was.current = 0
        return measure()
      }
      following.current = false
      chosen.value = span
    }
  }

  useLayoutEffect(() => {
    const box = scroller.current
    const held = anchor.current
    anchor.current = undefined
    if (box !== null && held !== undefined && held.element.isConnected)
      box.scrollTop += held.element.getBoundingClientRect().top - held.top
  }, [span.from, span.to])
  useLayoutEffect(() => {
    // New blocks join a span that had reached the end.
    if (chosen.value !== undefined && chosen.value.to === blocks.length - 1)
      chosen.value = { from: chosen.value.from, to: blocks.length }
    if (following.current) toEnd()
  }, [last, live.length])
  useLayoutEffect(() => {
    if (sent > 0) toEnd()
  }, [sent])
  useLayoutEffect(() => {
    wanted.current = linked
  }, [linked])
  useLayoutEffect(() => {
    if (wanted.current === undefined || last < wanted.current) return
    const event = wanted.current
    const element = log.current?.querySelector(`[id="e-${event}"]`)
    if (element === null || element === undefined) {
      const at = blockOf(
        blocks.map((block) => block[0]?.id ?? 0),
        event
      )
      if (at < span.from || at >= span.to) chosen.value = around(at, blocks.length)
      else wanted.current = undefined
      return
    }
    wanted.current = undefined
    following.current = false
    seen.value = last
    // What the replay still brings must not push it out of the page before it was scrolled to.
    chosen.value = span
    element.scrollIntoView({ block: "center" })
  }, [linked, last, span.from, span.to])
  useLayoutEffect(() => {
    const box = scroller.current
    if (box === null || log.current === null) return
    // The composer grows, the keyboard comes, a block is measured: the end must stay in sight.
    const observer = new ResizeObserver(() => {
      if (following.current) stick(box)
    })
    observer.observe(box)
    observer.observe(log.current)
    hand.current = handOn(box)
    return () => {
      observer.disconnect()
      hand.current?.close()
    }
  }, [])

  const missed = following.current ? 0 : Math.max(0, last - Math.max(seen.value, -1))
  return { scroller, log, span, atEnd: chosen.value === undefined, missed, show, measure, toggles, toEnd }
}
