/** A log as its readers see it: frames encoded once for all, and for each reader how far it has come. No Effect in it. */
import type { Last, Row } from "../journal/types.ts"

/** How much of the newest end is held in memory, in bytes: while a turn runs, and when none does. */
const tailBytes = 256 * 1024
const idleBytes = 16 * 1024
/** How much a reader is sent at a time, about: what one that does not read costs. */
export const chunkBytes = 64 * 1024

export interface Frame {
  readonly id: number
  readonly bytes: Uint8Array
}

/** Frames in a row, as one write. */
interface Chunk {
  readonly from: number
  readonly last: number
  readonly bytes: Uint8Array
}

/** What all readers of a log share. */
export class State {
  next = 0
  last: Last = { id: null, at: null }
  /** Whether the disk has said where the log ends. */
  known = false
  tail: Array<Frame> = []
  private held = 0
  /** The newest chunk made: readers that keep up all ask for the same one. */
  private chunk: Chunk | null = null
  /** The block being written: which one, and its text so far, piece by piece. */
  block = 0
  pieces: Array<string> = []
  /** State beside the log: the frames that tell it, and how often it changed. */
  beside: Uint8Array | null = null
  changes = 0
  keepalives = 0
  closed = false

  constructor(last: Last | null) {
    if (last !== null) this.begin(last)
  }
  begin(last: Last) {
    if (last.id !== this.last.id) this.forget()
    this.known = true
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
    this.shrink(tailBytes)
  }
  /** What is held must be the newest, in a row. */
  private forget() {
    this.tail = []
    this.held = 0
    this.chunk = null
  }
  /** Nothing comes for a while: of every session that was ever asked for, little is held. */
  idle() {
    this.chunk = null
    this.shrink(idleBytes)
  }
  private shrink(to: number) {
    while (this.held > to && this.tail.length > 1) this.held -= this.tail.shift()?.bytes.length ?? 0
  }
  /** What the tail has from an id on. */
  since(from: number): Chunk {
    if (this.chunk?.from === from) return this.chunk
    const start = from - (this.tail[0]?.id ?? from)
    let end = start
    for (let size = 0; end < this.tail.length && size < chunkBytes; end++) size += this.tail[end]?.bytes.length ?? 0
    this.chunk = { from, last: from + end - start - 1, bytes: joined(this.tail.slice(start, end)) }
    return this.chunk
  }
  newBlock() {
    this.block += 1
    this.pieces = []
  }
  write(more: string) {
    this.pieces.push(more)
  }
  show(event: "progress" | "status", values: ReadonlyArray<unknown>) {
    this.beside = values.length === 0 ? null : Buffer.concat(values.map((value) => named(event, value)))
    this.changes += 1
  }
}

/** Where a reader begins: after this id (null: at the beginning), and whether it stays for what comes. */
export interface Place {
  readonly after: number | null
  readonly follow: boolean
}

/** What one client has been sent. `next` is what to send it now, or null when it has everything or `missing` is due. */
export class Reader {
  over = false
  private readonly log: State
  /** What the disk gave for it, until it is sent. */
  private page: Chunk | null = null
  private cursor: number
  private reset: boolean
  private caughtUp = false
  private block = -1
  private offset = 0
  private changes: number
  private keepalives: number
  private readonly follow: boolean

  constructor(log: State, { after, follow }: Place) {
    this.log = log
    this.follow = follow
    this.reset = after !== null && after >= log.next
    this.cursor = after === null || this.reset ? -1 : after
    this.changes = log.beside === null ? log.changes : -1
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
    if (!this.follow) {
      this.over = true
      return Buffer.concat([this.prose(), this.beside()].flatMap((bytes) => bytes ?? []))
    }
    if (log.closed) {
      this.over = true
      return bye
    }
    return this.prose() ?? this.beside() ?? this.keepalive()
  }
  /** After which event it needs what only the disk has. */
  get missing(): number | null {
    const { cursor, log } = this
    const held = cursor + 1 >= (log.tail[0]?.id ?? log.next)
    return this.over || this.reset || this.page !== null || cursor >= log.next - 1 || held ? null : cursor
  }
  /** What the disk has after `missing`; `end` is where the log ended when it was asked. */
  give(frames: ReadonlyArray<Frame>, end: number) {
    this.page = { from: this.cursor + 1, last: frames.at(-1)?.id ?? end - 1, bytes: joined(frames) }
  }
  private events(): Uint8Array | null {
    // Its client takes silence for a dead link, and the disk may be as slow as it likes.
    if (this.missing !== null) return this.keepalive()
    const { last, bytes } = this.page ?? this.log.since(this.cursor + 1)
    this.page = null
    this.cursor = last
    return bytes
  }
  private prose(): Uint8Array | null {
    const { block, pieces } = this.log
    if (this.block !== block) this.offset = 0
    this.block = block
    const unseen = pieces.slice(this.offset).join("")
    this.offset = pieces.length
    return unseen === "" ? null : named("delta", { text: unseen })
  }
  private beside(): Uint8Array | null {
    if (this.changes === this.log.changes) return null
    this.changes = this.log.changes
    return this.log.beside
  }
  private keepalive(): Uint8Array | null {
    if (this.keepalives === this.log.keepalives) return null
    this.keepalives = this.log.keepalives
    return keepalive
  }
}

const joined = (frames: ReadonlyArray<Frame>): Uint8Array => {
  const [first, second] = frames
  return first !== undefined && second === undefined ? first.bytes : Buffer.concat(frames.map(({ bytes }) => bytes))
}

// JSON.stringify escapes newlines and lone surrogates, so `data` is always one well-formed line.
// Not a Buffer: a small one is a slice of a slab of 64 KiB, and a frame that is kept would keep all of it.
export const frame = ({ id, json }: Row): Frame => ({ id, bytes: encoder.encode(`id: ${id}\ndata: ${json}\n\n`) })
const encoder = new TextEncoder()

const named = (event: "reset" | "caught-up" | "delta" | "progress" | "status", data: unknown): Uint8Array =>
  Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)

const keepalive = Buffer.from(": keepalive\n\n")
const bye = Buffer.from("retry: 1000\nevent: bye\ndata: {}\n\n")
