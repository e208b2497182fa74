/** One reader of a log, over a bare socket and without JSON, so that it costs as little as it can. */
import { connect, type Socket } from "node:net"
import { Body } from "./chunks.ts"

const gap = Buffer.from("\n\n")
const turnEnd = Buffer.from('"turn_end"')
const caughtUp = Buffer.from("event: caught-up")
/** No frame that is looked into is longer. */
const short = 200

/** Milliseconds since 1970, as the fake CLI writes them into its texts. */
export const now = (): number => performance.timeOrigin + performance.now()

/** A whole frame: its bytes from `from` to `to`, and when they came. */
export type OnFrame = (bytes: Buffer, from: number, to: number, at: number) => void

export class Reader {
  readonly #socket: Socket
  readonly #onFrame: OnFrame | undefined
  readonly #body = new Body((part) => this.#frames(part))
  readonly #waiting = new Set<() => void>()
  #rest: Buffer = Buffer.alloc(0)
  #at = 0
  #caughtUpAt = 0
  #ends: Array<number> = []
  frames = 0
  bytes = 0
  open = true

  constructor(port: number, path: string, token: string, onFrame?: OnFrame) {
    this.#onFrame = onFrame
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true })
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`)
    this.#socket.on("data", (part) => {
      this.#at = now()
      this.#body.take(part)
      for (const look of this.#waiting) look()
    })
    this.#socket.on("error", () => {})
    this.#socket.on("close", () => {
      this.open = false
      for (const look of this.#waiting) look()
    })
  }

  /** When it had what was there before it came. */
  caughtUp(): Promise<number> {
    return this.#until(() => this.#caughtUpAt)
  }

  /** When the so-manyth turn it has seen ended. */
  turnEnd(nth: number): Promise<number> {
    return this.#until(() => this.#ends[nth - 1] ?? 0)
  }

  /** Turns it has seen the end of. */
  get turns(): number {
    return this.#ends.length
  }

  close(): void {
    this.#socket.destroy()
  }

  #until(look: () => number): Promise<number> {
    return new Promise((settle, fail) => {
      const check = () => {
        const found = look()
        if (found === 0 && this.open) return
        this.#waiting.delete(check)
        if (found === 0) fail(new Error(`the stream ended (status ${this.#body.status}) before what was waited for`))
        else settle(found)
      }
      this.#waiting.add(check)
      check()
    })
  }

  #frames(part: Buffer): void {
    this.bytes += part.length
    const bytes = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part])
    let from = 0
    for (let to = bytes.indexOf(gap); to !== -1; to = bytes.indexOf(gap, from)) {
      this.frames += 1
      this.#onFrame?.(bytes, from, to, this.#at)
      if (to - from < short) this.#look(bytes.subarray(from, to))
      from = to + gap.length
    }
    this.#rest = Buffer.from(bytes.subarray(from))
  }

  #look(frame: Buffer): void {
    if (frame.includes(turnEnd)) this.#ends.push(this.#at)
    if (frame.includes(caughtUp)) this.#caughtUpAt = this.#at
  }
}
