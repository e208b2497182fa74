/**
 * Keeps one stream attached for as long as its owner lives, and says truthfully in which state it is: the clock, the timer
 * and the socket of {@link step}. A stream without bytes for 2.5 keepalives is dead, whatever the socket believes.
 */
import { signal, type ReadonlySignal } from "@preact/signals"
import { type Command, type Event, initial, step } from "./connection.ts"
import type { Link, Opened } from "./link.ts"
import { readStream } from "./readStream.ts"
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
  /** When a byte arrived last on this attachment, ms since the epoch; 0 before the first. */
  readonly lastSeen: ReadonlySignal<number>
  /** Looks at once: ends a wait, replaces what has been silent for a moment, tries again after a sign-in. */
  readonly check: () => void
  readonly close: () => void
}

/** The server says something at once; longer than this without a byte is a proxy that waits for the end. */
const openMs = 9000

const isSeen = () => document.visibilityState === "visible"

export const attach = (source: Source, reader: Reader): Attachment => {
  let state = initial(reader.whileSeen === true && !isSeen())
  const link = signal(state.link)
  const lastSeen = signal(state.lastSeen)
  let connection = new AbortController()
  let timer = 0

  const tell = (event: Event): void => {
    const [next, command] = step(state, event, Date.now())
    state = next
    lastSeen.value = next.lastSeen
    link.value = next.link
    if (command !== undefined) perform(command)
  }
  const perform = (command: Command): void => {
    clearTimeout(timer)
    if (command.kind === "abort") connection.abort()
    else if (command.kind === "connect") void connect(command.poll)
    else if (command.ms !== undefined) timer = window.setTimeout(tell, command.ms, { kind: "wake" })
  }
  const connect = async (poll: boolean): Promise<void> => {
    const controller = new AbortController()
    connection = controller
    const end = await readStream({
      open: () => source.open({ after: reader.after(), poll, signal: controller.signal }),
      controller,
      poll,
      openMs,
      silenceMs: source.keepaliveMs() * 2.5,
      opened: () => {
        reader.opened()
        tell({ kind: "opened" })
      },
      frames: (frames) => {
        reader.frames(frames)
        tell({ kind: "bytes", caughtUp: frames.some((frame) => frame.event === "caught-up") })
      }
    })
    tell({ kind: "ended", end, random: Math.random() })
  }

  const check = () => tell({ kind: "check" })
  const stop = listen(tell, reader.whileSeen === true)
  tell({ kind: "wake" })

  return {
    link,
    lastSeen,
    check,
    close: () => {
      stop()
      tell({ kind: "close" })
    }
  }
}

/** Tells what the browser says of the page and the network; answers with the way to stop listening. */
const listen = (tell: (event: Event) => void, whileSeen: boolean): (() => void) => {
  const online = () => tell({ kind: "check" })
  const look = () => {
    if (isSeen()) tell({ kind: "shown" })
    else if (whileSeen) tell({ kind: "hidden" })
  }
  /** Out of the back-forward cache: the stream stood still meanwhile, or was cut. */
  const restored = ({ persisted }: PageTransitionEvent) => {
    if (persisted) tell({ kind: "check", force: true })
  }
  document.addEventListener("visibilitychange", look)
  window.addEventListener("pageshow", restored)
  window.addEventListener("online", online)
  return () => {
    document.removeEventListener("visibilitychange", look)
    window.removeEventListener("pageshow", restored)
    window.removeEventListener("online", online)
  }
}
