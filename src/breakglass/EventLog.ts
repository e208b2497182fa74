/**
 * One log: append, replay from any id, then tail. An event is in the journal before any reader sees it. The PubSub is
 * only the bell; the log is the mailbox, and a reader is a cursor over it, so a slow one costs a number and misses
 * nothing. Frames are encoded once for all readers. Deltas and progress are state, not events: a reader is sent what
 * it has not seen of them, and they are never stored.
 */
import { Cause, DateTime, Effect, PubSub, Stream } from "effect"
import type { Event, Progress } from "../contract/Event.ts"
import type { Journal, JournalFailed, Last, Row, SessionPatch } from "./Journal.ts"

export interface EventLog<E extends Kinded = Event> {
  /** Stores events (with what was cut from them, by index), then shows them. */
  append(
    events: ReadonlyArray<E>,
    patch?: SessionPatch,
    full?: ReadonlyMap<number, string>
  ): Effect.Effect<void, JournalFailed>
  /** The block of prose that is being written, as far as it is. The next `text` or `turn_end` ends it. */
  writing(text: string): Effect.Effect<void>
  /** The tools that are running. */
  running(tools: ReadonlyArray<Progress>): Effect.Effect<void>
  /** SSE frames: what comes after `after` (null: everything), `caught-up`, then whatever comes, until `close`. */
  attach(after: number | null): Stream.Stream<Uint8Array>
  /** A comment frame to every reader. */
  readonly keepalive: Effect.Effect<void>
  /** Says `bye` and ends every reader, now and later. */
  readonly close: Effect.Effect<void>
  readonly last: () => Last
}

/** What any event of any log has. */
interface Kinded {
  readonly kind: string
}

export const make = <E extends Kinded = Event>(journal: Journal["Service"], name: string, last: Last) =>
  Effect.gen(function* () {
    const bell = yield* PubSub.sliding<void>({ capacity: 1, replay: 1 })
    // Rung once for the readers of a log that is silent: the bell replays its last stroke.
    yield* PubSub.publish(bell, undefined)
    return over<E>(journal, name, last, bell)
  })

const over = <E extends Kinded>(
  journal: Journal["Service"],
  name: string,
  last: Last,
  bell: PubSub.PubSub<void>
): EventLog<E> => {
  const log = new State(last)
  const ring = PubSub.publish(bell, undefined)

  const append: EventLog<E>["append"] = Effect.fnUntraced(function* (events, patch, full) {
    const at = DateTime.formatIso(yield* DateTime.now)
    const rows = events.map((event, index): Row => {
      const id = log.next + index
      const body = full?.get(index)
      return { id, at, json: JSON.stringify({ ...event, at, id }), ...(body === undefined ? {} : { full: body }) }
    })
    yield* journal.append(name, rows, patch)
    log.keep(rows)
    if (events.some((event) => event.kind === "text" || event.kind === "turn_end")) log.newBlock()
    yield* ring
  }, Effect.uninterruptible)

  const change = (mutate: () => void) => Effect.andThen(Effect.sync(mutate), ring)
  return {
    append,
    writing: (text) => change(() => log.write(text)),
    running: (tools) => change(() => log.progress(tools)),
    attach: (after) =>
      Stream.suspend(() => {
        const reader = new Reader(log, after, (from) => journal.page(name, from, pageBytes).map(frame))
        const ready = Effect.suspend(() => {
          const bytes = reader.next()
          return bytes === null ? Cause.done() : Effect.succeed([bytes] as const)
        })
        return Stream.fromPubSub(bell).pipe(
          Stream.flatMap(() => Stream.fromPull(Effect.succeed(ready))),
          Stream.takeUntil(() => reader.over)
        )
      }),
    keepalive: change(() => (log.keepalives += 1)),
    close: change(() => (log.closed = true)),
    last: () => log.last
  }
}

/** How much is read from disk, and sent, at a time. */
const pageBytes = 128 * 1024
/** How much of the newest end is held in memory. */
const tailBytes = 256 * 1024

interface Frame {
  readonly id: number
  readonly bytes: Uint8Array
}

class State {
  next: number
  last: Last
  tail: Array<Frame> = []
  private held = 0
  /** The block being written: which one, and its text so far. */
  block = 0
  text = ""
  tools: ReadonlyArray<Progress> = []
  toolsSeen = 0
  keepalives = 0
  closed = false

  constructor(last: Last) {
    this.last = last
    this.next = last.id === null ? 0 : last.id + 1
  }
  keep(rows: ReadonlyArray<Row>) {
    for (const row of rows) {
      const kept = frame(row)
      this.tail.push(kept)
      this.held += kept.bytes.length
      this.next = row.id + 1
      this.last = { id: row.id, at: row.at }
    }
    while (this.held > tailBytes && this.tail.length > 1) this.held -= this.tail.shift()?.bytes.length ?? 0
  }
  newBlock() {
    this.block += 1
    this.text = ""
  }
  write(text: string) {
    this.text = text
  }
  progress(tools: ReadonlyArray<Progress>) {
    this.tools = tools
    this.toolsSeen += 1
  }
}

/** What one client has been sent. `next` is what to send it now, or null when it has everything. */
class Reader {
  over = false
  private readonly log: State
  private readonly page: (after: number) => ReadonlyArray<Frame>
  private cursor: number
  private reset: boolean
  private caughtUp = false
  private block = -1
  private offset = 0
  private toolsSeen: number
  private keepalives: number

  constructor(log: State, after: number | null, page: (after: number) => ReadonlyArray<Frame>) {
    this.log = log
    this.page = page
    this.reset = after !== null && after >= log.next
    this.cursor = after === null || this.reset ? -1 : after
    this.toolsSeen = log.tools.length > 0 ? -1 : log.toolsSeen
    this.keepalives = log.keepalives
  }

  next(): Uint8Array | null {
    const { log } = this
    if (this.over) return null
    if (this.reset) {
      this.reset = false
      return named("reset", {})
    }
    if (this.cursor < log.next - 1) return this.events()
    if (!this.caughtUp) {
      this.caughtUp = true
      return named("caught-up", {})
    }
    if (log.closed) {
      this.over = true
      return bye
    }
    return this.prose() ?? this.progress() ?? this.keepalive()
  }
  private events(): Uint8Array {
    const first = this.log.tail[0]?.id ?? this.log.next
    const from = this.cursor + 1
    const frames = from >= first ? this.log.tail.slice(from - first) : this.page(this.cursor)
    this.cursor = frames.at(-1)?.id ?? this.log.next - 1
    return Buffer.concat(frames.map(({ bytes }) => bytes))
  }
  private prose(): Uint8Array | null {
    const { block, text } = this.log
    if (this.block !== block) this.offset = 0
    this.block = block
    const unseen = text.slice(this.offset)
    this.offset = text.length
    return unseen === "" ? null : named("delta", { text: unseen })
  }
  private progress(): Uint8Array | null {
    if (this.toolsSeen === this.log.toolsSeen) return null
    this.toolsSeen = this.log.toolsSeen
    const frames = this.log.tools.map((tool) => named("progress", tool))
    return frames.length === 0 ? null : Buffer.concat(frames)
  }
  private keepalive(): Uint8Array | null {
    if (this.keepalives === this.log.keepalives) return null
    this.keepalives = this.log.keepalives
    return keepalive
  }
}

// JSON.stringify escapes newlines and lone surrogates, so `data` is always one well-formed line.
const frame = ({ id, json }: Row): Frame => ({ id, bytes: Buffer.from(`id: ${id}\ndata: ${json}\n\n`) })

const named = (event: "reset" | "caught-up" | "delta" | "progress", data: unknown): Uint8Array =>
  Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)

const keepalive = Buffer.from(": keepalive\n\n")
const bye = Buffer.from("retry: 1000\nevent: bye\ndata: {}\n\n")
