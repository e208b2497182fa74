/** What all readers of a log share: its newest events, and the state beside them. No Effect in it. */
import type { Progress } from "../../contract/Event.ts"
import type { Status } from "../../contract/Power.ts"
import type { Last, Row } from "../journal/types.ts"

/** How much of the newest end is held in memory, in bytes: while a turn runs, and when none does. */
const tailBytes = 256 * 1024
const idleBytes = 16 * 1024
/** About how much a reader is given at a time, in bytes: this is what one that does not read costs. */
export const chunkBytes = 64 * 1024

/** What a reader is given next. Readers at the same place are given the same object, so an encoder can encode it once. */
export type Item =
  /** The reader's place is past the end: it knows another log. All of this one follows. */
  | { readonly _tag: "Reset" }
  | { readonly _tag: "Events"; readonly events: ReadonlyArray<Stored> }
  /** The events so far were all that there were. */
  | { readonly _tag: "CaughtUp" }
  /** More of the block of prose that is being written. */
  | { readonly _tag: "Delta"; readonly text: string }
  | Ephemeral
  | { readonly _tag: "Keepalive" }
  /** The last item of a reader that is ended. `reason` is null when the server goes down, and the reader is to come back. */
  | { readonly _tag: "Bye"; readonly reason: string | null }

/** An event: its JSON in UTF-8. */
export interface Stored {
  readonly id: number
  readonly json: Uint8Array
}

/** State beside the log. The newest takes the place of the one before it, and none is stored. */
export type Ephemeral =
  | { readonly _tag: "Progress"; readonly tools: ReadonlyArray<Progress> }
  | { readonly _tag: "Status"; readonly status: Status }

/** Events in a row. */
export interface Chunk {
  readonly from: number
  readonly last: number
  readonly item: Item
}

/** What all readers of a log share. */
export class LogState {
  next = 0
  last: Last = { id: null, at: null }
  /** Whether the disk has said where the log ends. */
  known = false
  tail: Array<Stored> = []
  private held = 0
  /** The newest chunk made: readers that keep up all ask for the same one. */
  private chunk: Chunk | null = null
  /** The block being written: which one, and its text so far, piece by piece. */
  block = 0
  pieces: Array<string> = []
  ephemeral: Ephemeral | null = null
  /** How often `ephemeral` changed. */
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
  keep(rows: ReadonlyArray<Pick<Row, "id" | "at" | "json">>) {
    for (const row of rows) {
      const kept = stored(row)
      this.tail.push(kept)
      this.held += kept.json.length
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
  /** Nothing comes for a while: little is held of each session that was ever asked for. */
  idle() {
    this.chunk = null
    this.shrink(idleBytes)
  }
  private shrink(to: number) {
    while (this.held > to && this.tail.length > 1) this.held -= this.tail.shift()?.json.length ?? 0
  }
  /** What the tail has from an id on. */
  since(from: number): Chunk {
    if (this.chunk?.from === from) return this.chunk
    const start = from - (this.tail[0]?.id ?? from)
    let end = start
    for (let size = 0; end < this.tail.length && size < chunkBytes; end++) size += this.tail[end]?.json.length ?? 0
    const item: Item = { _tag: "Events", events: this.tail.slice(start, end) }
    this.chunk = { from, last: from + end - start - 1, item }
    return this.chunk
  }
  newBlock() {
    this.block += 1
    this.pieces = []
  }
  write(more: string) {
    this.pieces.push(more)
  }
  show(ephemeral: Ephemeral | null) {
    this.ephemeral = ephemeral
    this.changes += 1
  }
}

// Not a Buffer: a small one is a slice of a slab of 64 KiB, and an event that is kept would keep all of it.
export const stored = ({ id, json }: Pick<Row, "id" | "json">): Stored => ({ id, json: encoder.encode(json) })
const encoder = new TextEncoder()
