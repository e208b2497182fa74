/**
 * How far one reader has come in a log. A cursor gives items; what goes over a wire is made of them by an encoder, such as
 * `sse.ts`. No Effect in it.
 */
import type { Row } from "../journal/types.ts"
import { type Chunk, type Item, type LogState, stored } from "./LogState.ts"

/** Where a reader begins: after this id (null: at the beginning), and whether it stays for what comes. */
export interface CursorStart {
  readonly after: number | null
  readonly follow: boolean
}

/** One reader's place in a log. `next` is what to give it now: null when it has everything, or while `missing` is not given. */
export class Cursor {
  over = false
  private readonly log: LogState
  /** What the disk gave for it, until the reader is given it. */
  private page: Chunk | null = null
  private at: number
  private reset: boolean
  private caughtUp = false
  private block = -1
  private offset = 0
  private changes: number
  private keepalives: number
  private readonly follow: boolean
  /** What is left for a reader that does not stay. */
  private rest: Array<Item> | null = null

  constructor(log: LogState, { after, follow }: CursorStart) {
    this.log = log
    this.follow = follow
    this.reset = after !== null && after >= log.next
    this.at = after === null || this.reset ? -1 : after
    this.changes = log.ephemeral === null ? log.changes : -1
    this.keepalives = log.keepalives
  }

  next(): Item | null {
    const { log } = this
    if (this.over) return null
    if (this.reset) {
      this.reset = false
      return { _tag: "Reset" }
    }
    if (this.at < log.next - 1) return this.events()
    if (!this.caughtUp) {
      this.caughtUp = true
      return { _tag: "CaughtUp" }
    }
    if (!this.follow) {
      this.rest ??= [this.delta(), this.ephemeral()].flatMap((item) => item ?? [])
      const item = this.rest.shift() ?? null
      this.over = item === null
      return item
    }
    if (log.closed) {
      this.over = true
      return { _tag: "Bye", reason: null }
    }
    return this.delta() ?? this.ephemeral() ?? this.keepalive()
  }
  /** The event after which it needs what only the disk has. */
  get missing(): number | null {
    const { at, log } = this
    const held = at + 1 >= (log.tail[0]?.id ?? log.next)
    return this.over || this.reset || this.page !== null || at >= log.next - 1 || held ? null : at
  }
  /** What the disk has after `missing`; `end` is where the log ended when it was asked. */
  give(rows: ReadonlyArray<Pick<Row, "id" | "json">>, end: number) {
    const item: Item = { _tag: "Events", events: rows.map(stored) }
    this.page = { from: this.at + 1, last: rows.at(-1)?.id ?? end - 1, item }
  }
  private events(): Item | null {
    // Its client takes silence for a dead link, and the disk may be as slow as it likes.
    if (this.missing !== null) return this.keepalive()
    const { last, item } = this.page ?? this.log.since(this.at + 1)
    this.page = null
    this.at = last
    return item
  }
  private delta(): Item | null {
    const { block, pieces } = this.log
    if (this.block !== block) this.offset = 0
    this.block = block
    const text = pieces.slice(this.offset).join("")
    this.offset = pieces.length
    return text === "" ? null : { _tag: "Delta", text }
  }
  private ephemeral(): Item | null {
    if (this.changes === this.log.changes) return null
    this.changes = this.log.changes
    return this.log.ephemeral
  }
  private keepalive(): Item | null {
    if (this.keepalives === this.log.keepalives) return null
    this.keepalives = this.log.keepalives
    return { _tag: "Keepalive" }
  }
}
