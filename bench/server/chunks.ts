/** The body of an answer as it comes off a socket: its head is passed over, `transfer-encoding: chunked` taken out (RFC 9112, 7.1). */
const newline = 10

export class Body {
  readonly #emit: (part: Buffer) => void
  #head: string | null = ""
  #chunked = false
  #line = ""
  /** Bytes of this chunk still to come, and those of the line's end after it. */
  #left = 0
  #skipped = 0
  status = 0

  constructor(emit: (part: Buffer) => void) {
    this.#emit = emit
  }

  take(part: Buffer): void {
    if (this.#head === null) return this.#chunked ? this.#unchunk(part) : this.#emit(part)
    this.#head += part.toString("latin1")
    const end = this.#head.indexOf("\r\n\r\n")
    if (end === -1) return
    const [head, rest] = [this.#head.slice(0, end), this.#head.slice(end + 4)]
    this.#head = null
    this.status = Number(head.slice(9, 12))
    this.#chunked = /^transfer-encoding: *chunked/im.test(head)
    if (rest !== "") this.take(Buffer.from(rest, "latin1"))
  }

  #unchunk(part: Buffer): void {
    for (let at = 0; at < part.length;) {
      if (this.#skipped > 0) {
        const step = Math.min(this.#skipped, part.length - at)
        this.#skipped -= step
        at += step
      } else if (this.#left > 0) {
        const step = Math.min(this.#left, part.length - at)
        this.#emit(part.subarray(at, at + step))
        this.#left -= step
        at += step
        if (this.#left === 0) this.#skipped = 2
      } else {
        const end = part.indexOf(newline, at)
        this.#line += part.toString("latin1", at, end === -1 ? part.length : end)
        if (end === -1) return
        this.#left = Number.parseInt(this.#line, 16)
        this.#line = ""
        at = end + 1
      }
    }
  }
}
