/** One answer of the server, read to its end under a watch, with the reason of the end. */
import type { Opened } from "./link.ts"
import { emptyFeed, feed, type Frame } from "./sse.ts"

export interface Reception {
  readonly open: () => Promise<Opened>
  readonly controller: AbortController
  readonly poll: boolean
  /** How long until the first byte, and how long between bytes. */
  readonly openMs: number
  readonly silenceMs: number
  readonly opened: () => void
  /** Called for every chunk, also for one that only says "still here". */
  readonly frames: (frames: ReadonlyArray<Frame>) => void
}

export type End =
  | Exclude<Opened, { readonly kind: "stream" }>
  /** Opened, or not even that, and not one byte came. */
  | { readonly kind: "held"; readonly reason: string }
  | { readonly kind: "ended"; readonly reason: string }
  /** Somebody wants the next connection now. */
  | { readonly kind: "checked" }

export const readStream = async (reception: Reception): Promise<End> => {
  const { controller } = reception
  let silent = false
  let heard = false
  let watchdog = 0
  const watch = (ms: number) => {
    clearTimeout(watchdog)
    watchdog = window.setTimeout(() => {
      silent = true
      controller.abort()
    }, ms)
  }
  watch(reception.openMs)
  try {
    const opened = await reception.open()
    if (opened.kind !== "stream") return opened
    reception.opened()
    const reason = await read(opened.body, reception, () => {
      heard = true
      watch(reception.silenceMs)
    })
    return { kind: "ended", reason }
  } catch {
    if (silent) {
      return heard
        ? { kind: "ended", reason: "The server went silent." }
        : { kind: "held", reason: "The server did not answer." }
    }
    if (controller.signal.aborted) return { kind: "checked" }
    return { kind: "ended", reason: navigator.onLine ? "" : "You are offline." }
  } finally {
    clearTimeout(watchdog)
    controller.abort()
  }
}

const read = async (
  body: ReadableStream<Uint8Array>,
  { poll, frames }: Reception,
  heard: () => void
): Promise<string> => {
  const bytes = body.getReader()
  const text = new TextDecoder("utf-8", { ignoreBOM: true })
  let state = emptyFeed
  for (;;) {
    const { done, value } = await bytes.read()
    if (done) return "The server ended the stream."
    heard()
    const [next, arrived] = feed(state, text.decode(value, { stream: true }))
    state = next
    frames(arrived)
    if (arrived.some((frame) => frame.event === "bye")) return "The server is restarting."
    if (poll && arrived.some((frame) => frame.event === "caught-up")) return ""
  }
}
