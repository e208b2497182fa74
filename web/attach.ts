/**
 * Keeps one stream attached for as long as its owner lives, and says truthfully in which state it is. A stream without
 * bytes for 2.5 keepalives is dead, whatever the socket believes. A 401 or 404 ends the attempts: they never loop.
 */
import { signal, type ReadonlySignal } from "@preact/signals"
import { emptyFeed, feed, type Frame } from "./sse.ts"

export type Link =
  | { readonly state: "connecting" }
  | { readonly state: "catching_up" }
  | { readonly state: "live" }
  | { readonly state: "waiting"; readonly until: number; readonly reason: string }
  | { readonly state: "signed_out" }
  | { readonly state: "gone" }
  | { readonly state: "refused"; readonly reason: string }

/** What the server said to an attach: bytes to read, or why there are none. */
export type Opened =
  | { readonly kind: "stream"; readonly body: ReadableStream<Uint8Array> }
  | { readonly kind: "signed_out" | "gone" }
  | { readonly kind: "refused" | "failed"; readonly reason: string }

export interface Source {
  /** `after` is undefined when nothing has been read yet. */
  readonly open: (after: number | undefined, signal: AbortSignal) => Promise<Opened>
  readonly keepaliveMs: () => number
}

export interface Reader {
  readonly after: () => number | undefined
  /** Before the first frame of each new connection. */
  readonly opened: () => void
  readonly frames: (frames: ReadonlyArray<Frame>) => void
}

export interface Attachment {
  readonly link: ReadonlySignal<Link>
  /** Last time a byte arrived on this attachment; 0 before the first. */
  readonly lastSeen: ReadonlySignal<number>
  /** Looks at once: ends a wait, replaces a stream that has been silent for a moment, tries again after a sign-in. */
  readonly check: () => void
  readonly close: () => void
}

/** Half to whole of 1, 2, 4 … 30 s: never more than one request a second, never all phones in the same instant. */
export const backoff = (attempt: number, random: number): number =>
  Math.max(1000, Math.min(30_000, 1000 * 2 ** attempt) * (0.5 + random / 2))

const steadyMs = 5000
const openingMs = 15_000

export const attach = (source: Source, reader: Reader): Attachment => {
  const link = signal<Link>({ state: "connecting" })
  const lastSeen = signal(0)
  let closed = false
  let attempt = 0
  let connection = new AbortController()
  let startedAt = 0
  let wake = () => {}

  const run = async () => {
    while (!closed) {
      connection = new AbortController()
      startedAt = Date.now()
      const ended = await connect(connection)
      if (closed) return
      if (Date.now() - startedAt > steadyMs && lastSeen.value > startedAt) attempt = 0
      if (ended.state !== "waiting") {
        link.value = ended
        await new Promise<void>((resolve) => (wake = resolve))
      } else if (ended.until > Date.now()) {
        link.value = ended
        attempt++
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ended.until - Date.now())
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      wake = () => {}
    }
  }

  const connect = async (controller: AbortController): Promise<Link> => {
    let silent = false
    let watchdog = 0
    const heard = (limit = source.keepaliveMs() * 2.5) => {
      clearTimeout(watchdog)
      watchdog = window.setTimeout(() => {
        silent = true
        controller.abort()
      }, limit)
    }
    const later = (reason: string): Link => ({
      state: "waiting",
      // An abort that is not the watchdog's is a check: it wants the next connection now.
      until: controller.signal.aborted && !silent ? 0 : Date.now() + backoff(attempt, Math.random()),
      reason: silent ? "the server went silent" : reason
    })
    heard(openingMs)
    link.value = { state: "connecting" }
    try {
      const opened = await source.open(reader.after(), controller.signal)
      if (opened.kind === "failed") return later(opened.reason)
      if (opened.kind === "refused") return { state: "refused", reason: opened.reason }
      if (opened.kind !== "stream") return { state: opened.kind }
      reader.opened()
      link.value = { state: "catching_up" }
      return later(await read(opened.body, controller.signal, heard))
    } catch {
      return later(navigator.onLine ? "the server cannot be reached" : "this device is offline")
    } finally {
      clearTimeout(watchdog)
      controller.abort()
    }
  }

  const read = async (body: ReadableStream<Uint8Array>, abort: AbortSignal, heard: () => void): Promise<string> => {
    const bytes = body.getReader()
    const text = new TextDecoder("utf-8", { ignoreBOM: true })
    let state = emptyFeed
    for (;;) {
      const { done, value } = await bytes.read()
      if (done) return "the server ended the stream"
      if (closed || abort.aborted) return "closed"
      heard()
      lastSeen.value = Date.now()
      const [next, frames] = feed(state, text.decode(value, { stream: true }))
      state = next
      if (frames.length > 0) reader.frames(frames)
      if (frames.some((frame) => frame.event === "caught-up")) link.value = { state: "live" }
      if (frames.some((frame) => frame.event === "bye")) return "the server is restarting"
    }
  }

  const check = () => {
    const { state } = link.value
    if (state !== "live" && state !== "catching_up" && state !== "connecting") return wake()
    if (Date.now() - Math.max(lastSeen.value, startedAt) > steadyMs) connection.abort()
  }
  const visible = () => {
    if (document.visibilityState === "visible") check()
  }

  document.addEventListener("visibilitychange", visible)
  window.addEventListener("pageshow", check)
  window.addEventListener("online", check)
  void run()

  return {
    link,
    lastSeen,
    check,
    close: () => {
      closed = true
      document.removeEventListener("visibilitychange", visible)
      window.removeEventListener("pageshow", check)
      window.removeEventListener("online", check)
      connection.abort()
      wake()
    }
  }
}
