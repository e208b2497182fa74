/** Fires after 1.5 s under one unmoving finger. Drift, scroll or leaving the page lets go; a tap or a key asks in steps instead. */
import "./HoldButton.css"
import { useSignal } from "@preact/signals"
import type { ComponentProps, RefObject } from "preact"
import { useEffect, useRef } from "preact/hooks"

const holdMs = 1500
const tapMs = 350
const driftPx = 24

interface Props {
  readonly title: string
  readonly verb: string
  readonly disabled: boolean
  readonly recommended: boolean
  readonly onHeld: () => void
  readonly onTap: () => void
}

export const HoldButton = ({ title, verb, disabled, recommended, onHeld, onTap }: Props) => {
  const { button, held, handlers } = useHold(disabled, onHeld, onTap)
  return (
    <button
      ref={button}
      type="button"
      class={`hold ${held.value > 0 ? "holding" : ""}`}
      aria-disabled={disabled}
      {...handlers}
    >
      <span class="fill" style={{ transform: `scaleX(${held.value})` }} />
      <strong>{title}</strong>{" "}
      <span class="verb">
        {verb}
        {held.value > 0 ? <em> · keep holding…</em> : recommended && <em> · Recommended</em>}
      </span>{" "}
      <span class="how">{held.value > 0 ? `${((1 - held.value) * 1.5).toFixed(1)} s` : "Hold 1.5\u00a0s"}</span>
    </button>
  )
}

type Handlers = Pick<
  ComponentProps<"button">,
  "onPointerDown" | "onPointerMove" | "onPointerUp" | "onPointerCancel" | "onContextMenu" | "onKeyDown" | "onClick"
>

/** The hold as it goes: `held` from 0 to 1. */
const useHold = (disabled: boolean, onHeld: () => void, onTap: () => void) => {
  const held = useSignal(0)
  const hold = useRef<{ x: number; y: number; at: number; frame: number } | undefined>(undefined)
  /** The click that follows is no tap. */
  const spent = useRef(false)
  const button = useRef<HTMLButtonElement>(null)

  const release = () => {
    if (hold.current !== undefined) cancelAnimationFrame(hold.current.frame)
    hold.current = undefined
    held.value = 0
  }
  const tick = () => {
    const now = hold.current
    if (now === undefined) return
    held.value = Math.min(1, (performance.now() - now.at) / holdMs)
    if (held.value < 1) {
      now.frame = requestAnimationFrame(tick)
      return
    }
    release()
    spent.current = true
    navigator.vibrate?.([20, 60, 20])
    onHeld()
  }
  /** Not the finger's doing: what follows is no tap either. */
  const cancel = () => {
    if (hold.current !== undefined) spent.current = true
    release()
  }
  useCancelled(button, cancel)

  const handlers: Handlers = {
    onPointerDown: (event) => {
      if (disabled || event.button !== 0 || !event.isPrimary) return
      event.currentTarget.setPointerCapture(event.pointerId)
      spent.current = false
      hold.current = { x: event.clientX, y: event.clientY, at: performance.now(), frame: requestAnimationFrame(tick) }
      navigator.vibrate?.(10)
    },
    onPointerMove: (event) => {
      const from = hold.current
      if (from !== undefined && Math.hypot(event.clientX - from.x, event.clientY - from.y) > driftPx) cancel()
    },
    onPointerUp: () => {
      if (hold.current !== undefined && performance.now() - hold.current.at > tapMs) spent.current = true
      release()
    },
    onPointerCancel: cancel,
    onContextMenu: (event) => event.preventDefault(),
    onKeyDown: (event) => {
      if (event.repeat) event.preventDefault()
    },
    onClick: (event) => {
      // A click no pointer made comes from a key or assistive technology.
      if (!disabled && (event.detail === 0 || !spent.current)) onTap()
    }
  }
  return { button, held, handlers }
}

/** The page goes out of sight, or the button is scrolled away from under the finger. */
const useCancelled = (button: RefObject<HTMLButtonElement | null>, cancel: () => void) =>
  useEffect(() => {
    // The transcript behind scrolls by itself; only what moves the button moves it away.
    const scrolled = (event: Event) => {
      if (event.target instanceof Node && event.target.contains(button.current)) cancel()
    }
    document.addEventListener("visibilitychange", cancel)
    document.addEventListener("scroll", scrolled, true)
    return () => {
      cancel()
      document.removeEventListener("visibilitychange", cancel)
      document.removeEventListener("scroll", scrolled, true)
    }
  }, [])
