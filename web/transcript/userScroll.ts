/** Whether what scrolls an element is its reader: a wheel, a finger, a key or a pointer, a scrollbar's too. */

/** A wheel and a finger go on moving the page for a while after they are gone. */
const coastMs = 1000

export interface UserScroll {
  /** A finger, a wheel, a key or a pointer is on the element, or was a moment ago. */
  readonly isRecent: () => boolean
  readonly close: () => void
}

const gestures = ["wheel", "touchstart", "touchmove", "touchend", "keydown", "focusin", "pointerdown"] as const

export const watchUserScroll = (element: HTMLElement): UserScroll => {
  let last = -Infinity
  let down = false
  const here = ({ type }: Event) => {
    last = performance.now()
    if (type === "pointerdown") down = true
  }
  // A finger's pointer is cancelled when the finger begins to scroll: its touches tell the rest.
  const up = () => {
    if (down) last = performance.now()
    down = false
  }
  for (const gesture of gestures) element.addEventListener(gesture, here, { passive: true })
  for (const over of ["pointerup", "pointercancel"]) window.addEventListener(over, up)
  return {
    isRecent: () => down || performance.now() - last < coastMs,
    close: () => {
      for (const gesture of gestures) element.removeEventListener(gesture, here)
      for (const over of ["pointerup", "pointercancel"]) window.removeEventListener(over, up)
    }
  }
}
