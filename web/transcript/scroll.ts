/** Where the reader is in the transcript: at its end and carried along, or somewhere else and left alone. */
import { useSignal, type Signal } from "@preact/signals"
import type { RefObject } from "preact"
import { useLayoutEffect, useRef } from "preact/hooks"
import { around, atEnd, blockOf, earlier, later, type Span } from "./span.ts"
import type { Transcript } from "./transcript.ts"
import { type UserScroll, watchUserScroll } from "./userScroll.ts"

/** Pixels from an edge that count as being there. */
const near = 60
const edge = 900

interface Position {
  readonly scroller: RefObject<HTMLDivElement | null>
  readonly log: RefObject<HTMLDivElement | null>
  /** The reader is at the end, and carried along with it. */
  readonly following: RefObject<boolean>
  readonly input: RefObject<UserScroll | undefined>
  /** `scrollTop` at the last measurement: only scrolling up leaves the end. */
  readonly was: RefObject<number>
  /** What must stay where it is while blocks come in above it. */
  readonly anchor: RefObject<{ readonly element: Element; readonly top: number } | undefined>
  /** The event to be scrolled to. */
  readonly wanted: RefObject<number | undefined>
  /** The last event that was in sight. */
  readonly seen: Signal<number>
  /** Without a choice the span is the end, wherever that is by now. */
  readonly chosen: Signal<Span | undefined>
}

export const useScroll = (transcript: Transcript, sent: number, linked: number | undefined) => {
  const { last, live, blocks } = transcript
  const position: Position = {
    scroller: useRef<HTMLDivElement>(null),
    log: useRef<HTMLDivElement>(null),
    following: useRef(linked === undefined),
    input: useRef<UserScroll | undefined>(undefined),
    was: useRef(0),
    anchor: useRef<Position["anchor"]["current"]>(undefined),
    wanted: useRef(linked),
    seen: useSignal(-1),
    chosen: useSignal<Span | undefined>(undefined)
  }
  const { scroller, log, following, chosen, seen } = position
  const span = chosen.value ?? atEnd(blocks.length)
  const toEnd = () => goToEnd(position, last)
  const show = (side: "earlier" | "later") => bringIn(position, side, span, blocks.length)

  useAnchor(position, span)
  useLayoutEffect(() => {
    // New blocks join a span that had reached the end.
    if (chosen.value !== undefined && chosen.value.to === blocks.length - 1)
      chosen.value = { from: chosen.value.from, to: blocks.length }
    if (following.current) toEnd()
  }, [last, live.length])
  useLayoutEffect(() => {
    if (sent > 0) toEnd()
  }, [sent])
  useLinked(position, transcript, span, linked)
  useObserver(position)

  const measure = () => settle(position, transcript, span, show)
  return {
    scroller,
    log,
    span,
    atEnd: chosen.value === undefined,
    missed: following.current ? 0 : Math.max(0, last - Math.max(seen.value, -1)),
    show,
    measure,
    /** A row that is opened grows under the finger; once it is closed the reader may be at the end as before. */
    toggles: {
      onToggleCapture: ({ target }: Event) => {
        if (!(target as HTMLDetailsElement).open) {
          // The box moved because the row is shorter now.
          position.was.current = 0
          return measure()
        }
        following.current = false
        chosen.value = span
      }
    },
    toEnd
  }
}

const goToEnd = ({ scroller, following, chosen, seen, was }: Position, last: number): void => {
  if (scroller.current === null) return
  chosen.value = undefined
  following.current = true
  seen.value = last
  stick(scroller.current, was)
}

const stick = (box: HTMLElement, was: Position["was"]): void => {
  box.scrollTop = box.scrollHeight
  was.current = box.scrollTop
}

/** Adds blocks at one edge. The block that is being read stays where it is. */
const bringIn = ({ scroller, log, anchor, chosen }: Position, side: "earlier" | "later", span: Span, count: number) => {
  const next = side === "earlier" ? earlier(span) : later(span, count)
  if (next.from === span.from && next.to === span.to) return
  const top = scroller.current?.getBoundingClientRect().top ?? 0
  const element = [...(log.current?.querySelectorAll(".block") ?? [])].find(
    (block) => block.getBoundingClientRect().bottom > top
  )
  anchor.current = element && { element, top: element.getBoundingClientRect().top }
  chosen.value = next
}

const useAnchor = ({ scroller, anchor }: Position, { from, to }: Span): void =>
  useLayoutEffect(() => {
    const box = scroller.current
    const held = anchor.current
    anchor.current = undefined
    if (box !== null && held !== undefined && held.element.isConnected)
      box.scrollTop += held.element.getBoundingClientRect().top - held.top
  }, [from, to])

/** The box has moved: does the reader follow the end, and which blocks are near? */
const settle = (
  { scroller, following, input, was, seen, chosen }: Position,
  { last, blocks }: Transcript,
  span: Span,
  show: (side: "earlier" | "later") => void
): void => {
  const box = scroller.current
  if (box === null) return
  const below = box.scrollHeight - box.scrollTop - box.clientHeight
  const up = box.scrollTop < was.current
  was.current = box.scrollTop
  const end = below <= 1 || (!up && below < near)
  if (!following.current) following.current = end && span.to === blocks.length
  else if (up && below > 1 && input.current?.isRecent() === true) following.current = false
  if (following.current) {
    seen.value = last
    chosen.value = undefined
  } else if (chosen.value === undefined) chosen.value = span
  if (box.scrollTop < edge && span.from > 0 && !following.current) show("earlier")
  else if (below < edge && span.to < blocks.length) show("later")
}

/** Shows the event that the address names, once it has come. */
const useLinked = (position: Position, { last, blocks }: Transcript, span: Span, linked: number | undefined): void => {
  const { log, wanted, following, seen, chosen } = position
  useLayoutEffect(() => {
    wanted.current = linked
  }, [linked])
  useLayoutEffect(() => {
    const event = wanted.current
    if (event === undefined || last < event) return
    const element = log.current?.querySelector(`[id="e-${event}"]`)
    if (element === null || element === undefined) {
      const firsts = blocks.map((block) => block[0]?.id ?? 0)
      const at = blockOf(firsts, event)
      if (at < span.from || at >= span.to) chosen.value = around(at, blocks.length)
      else wanted.current = undefined
      return
    }
    wanted.current = undefined
    following.current = false
    seen.value = last
    // The rest of the replay must not push it out of the span before it was scrolled to.
    chosen.value = span
    element.scrollIntoView({ block: "center" })
  }, [linked, last, span.from, span.to])
}

const useObserver = ({ scroller, log, following, input, was }: Position): void =>
  useLayoutEffect(() => {
    const box = scroller.current
    if (box === null || log.current === null) return
    // The composer grows, the keyboard comes, a block is measured: the end must stay in sight.
    const observer = new ResizeObserver(() => {
      if (following.current) stick(box, was)
    })
    observer.observe(box)
    observer.observe(log.current)
    input.current = watchUserScroll(box)
    return () => {
      observer.disconnect()
      input.current?.close()
    }
  }, [])
