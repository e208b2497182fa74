/**
 * Keeps one stream attached for as long as its owner lives, and says truthfully in which state it is. A stream without
 * bytes for 2.5 keepalives is dead, whatever the socket believes; one that opens and says nothing is held back by a proxy,
 * and is asked for in pieces instead. A 401 or 404 ends the attempts: they never loop.
 */
import { signal, type ReadonlySignal } from "@preact/signals"
import { backoff, type Link, type Opened } from "./link.ts"
import { receive } from "./readStream.ts"
import type { Frame } from "./sse.ts"

export interface Ask {
  /** The last id that was read; undefined when nothing has been. */
  readonly after: number | undefined
  /** An answer that ends when everything was said. */
  readonly poll: boolean
  readonly signal: AbortSignal
}

export interface Source {
  readonly open: (ask: Ask) => Promise<Opened>
  readonly keepaliveMs: () => number
}

export interface Reader {
  /** Followed only while the page is seen: a browser opens six connections to an HTTP/1.1 host, for all tabs together. */
  readonly whileSeen?: true
  readonly after: () => number | undefined
  /** Before the first frame of each new connection. */
  readonly opened: () => void
  readonly frames: (frames: ReadonlyArray<Frame>) => void
}

export interface Attachment {
  readonly link: ReadonlySignal<Link>
  /** Last time a byte arrived on this attachment; 0 before the first. */
  readonly lastSeen: ReadonlySignal<number>
  /** Looks at once: ends a wait, replaces what has been silent for a moment, tries again after a sign-in. */
  readonly check: () => void
  readonly close: () => void
}

const steadyMs = 5000
/** The server says something at once; longer than this without a byte is a proxy that waits for the end. */
const heldMs = 9000
const pollEveryMs = 3000
const tryStreamEvery = 20

const seen = () => document.visibilityState === "visible"

export const attach = (source: Source, reader: Reader): Attachment => {
  const link = signal<Link>({ state: "connecting" })
  const lastSeen = signal(0)
  let closed = false
  let attempt = 0
  /** Polls still to do before the stream is tried again; 0 when the stream is whole. */
  let polls = 0
  let connection = new AbortController()
  let startedAt = 0
  let wake = () => {}

  const run = async () => {
    while (!closed) {
      if (reader.whileSeen && !seen()) {
        link.value = { state: "connecting" }
        await rest(undefined)
        continue
      }
      connection = new AbortController()
      startedAt = Date.now()
      const ended = await connect(connection, polls > 1)
      if (closed) return
      if (Date.now() - startedAt > steadyMs && lastSeen.value > startedAt) attempt = 0
      if (ended === undefined) continue
      link.value = ended
      if (ended.state === "polling") await rest(pollEveryMs)
      else if (ended.state === "waiting") {
        attempt++
        await rest(ended.until - Date.now())
      } else await rest(undefined)
    }
  }

  const rest = (ms: number | undefined) =>
    new Promise<void>((resolve) => {
      const timer = ms === undefined ? 0 : setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  /** One connection from its beginning to its end, and what to do then; undefined: the next one, at once. */
  const connect = async (controller: AbortController, poll: boolean): Promise<Link | undefined> => {
    // What is lost stays lost until an answer comes.
    const was = link.value
    if (was.state === "waiting") link.value = { ...was, until: 0 }
    else if (was.state !== "polling") link.value = { state: "connecting" }
    let spoke = false
    const ended = await receive({
      open: () => source.open({ after: reader.after(), poll, signal: controller.signal }),
      controller,
      poll,
      openMs: heldMs,
      silenceMs: source.keepaliveMs() * 2.5,
      opened: () => {
        reader.opened()
        if (link.value.state !== "polling") link.value = { state: "catching_up" }
      },
      frames: (frames) => {
        spoke = true
        lastSeen.value = Date.now()
        reader.frames(frames)
        if (!poll && frames.some((frame) => frame.event === "caught-up")) link.value = { state: "live" }
      }
    })
    if (ended.kind === "checked") return undefined
    if (!("reason" in ended)) return { state: ended.kind }
    if (ended.kind === "refused") return { state: "refused", reason: ended.reason }
    if (spoke && !poll) polls = 0
    if (poll && spoke) {
      polls--
      return { state: "polling" }
    }
    if (ended.kind === "held" && !poll) {
      polls = tryStreamEvery
      return undefined
    }
    polls = 0
    return { state: "waiting", until: Date.now() + backoff(attempt, Math.random()), reason: ended.reason, attempt }
  }

  const check = () => {
    wake()
    if (Date.now() - Math.max(lastSeen.value, startedAt) > steadyMs) connection.abort()
  }
  const visible = () => {
    if (seen()) check()
    else if (reader.whileSeen) connection.abort()
  }

  /** A page taken out of the back-forward cache: its stream stood still meanwhile, or was cut. */
  const back = ({ persisted }: PageTransitionEvent) => {
    if (!persisted) return
    connection.abort()
    wake()
  }

  document.addEventListener("visibilitychange", visible)
  window.addEventListener("pageshow", back)
  window.addEventListener("online", check)
  void run()

  return {
    link,
    lastSeen,
    check,
    close: () => {
      closed = true
      document.removeEventListener("visibilitychange", visible)
      window.removeEventListener("pageshow", back)
      window.removeEventListener("online", check)
      connection.abort()
      wake()
    }
  }
}
