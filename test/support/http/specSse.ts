/**
 * A second reader of the event-stream format, written from the letter of WHATWG HTML 9.2.5-6 and sharing nothing with
 * web/link/sse.ts: bytes in, one byte at a time, no regular expression.
 */
export interface Dispatched {
  readonly type: string
  readonly data: string
  readonly lastEventId: string
}

export class SpecParser {
  readonly dispatched: Array<Dispatched> = []
  readonly comments: Array<string> = []
  retry: number | null = null
  /** What has come of the line that has not ended. */
  private begun: ReadonlyArray<Uint8Array> = []
  private first = true
  private sawCr = false
  private data = ""
  private type = ""
  private id = ""

  push(chunk: Uint8Array): this {
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]
      const follows = this.sawCr
      this.sawCr = byte === 0x0d
      if (byte !== 0x0a && byte !== 0x0d) continue
      if (byte === 0x0d || !follows) this.line(chunk.subarray(start, at))
      start = at + 1
    }
    if (start < chunk.length) this.begun = [...this.begun, chunk.slice(start)]
    return this
  }
  private line(end: Uint8Array) {
    const bytes = Buffer.concat([...this.begun, end])
    this.begun = []
    // A BOM is dropped by "UTF-8 decode" once, at the start of the stream; anywhere else it is a character.
    const bom = this.first && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
    const line = bytes.subarray(bom ? 3 : 0).toString("utf8")
    this.first = false
    if (line.length === 0) return this.dispatch()
    const colon = line.indexOf(":")
    if (colon === 0) return void this.comments.push(line.slice(1))
    if (colon < 0) return this.field(line, "")
    const after = line[colon + 1] === " " ? colon + 2 : colon + 1
    this.field(line.slice(0, colon), line.slice(after))
  }
  private field(name: string, value: string) {
    if (name === "event") this.type = value
    else if (name === "data") this.data += `${value}\n`
    else if (name === "id" && value.indexOf("\0") < 0) this.id = value
    else if (name === "retry" && [...value].every((c) => c >= "0" && c <= "9")) this.retry = Number(value)
  }
  private dispatch() {
    const { data, type } = this
    this.data = ""
    this.type = ""
    if (data === "") return
    this.dispatched.push({ type: type || "message", data: data.slice(0, -1), lastEventId: this.id })
  }
}

export const parse = (...chunks: ReadonlyArray<Uint8Array>): ReadonlyArray<Dispatched> =>
  chunks.reduce((parser: SpecParser, chunk) => parser.push(chunk), new SpecParser()).dispatched
