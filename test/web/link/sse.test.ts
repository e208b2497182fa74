import { assert, describe, it } from "@effect/vitest"
import { emptyFeed, feed, type Feed, type Frame } from "../../../web/link/sse.ts"

const read = (...chunks: ReadonlyArray<string>): ReadonlyArray<Frame> => {
  let state: Feed = emptyFeed
  const frames: Array<Frame> = []
  for (const chunk of chunks) {
    const [next, more] = feed(state, chunk)
    state = next
    frames.push(...more)
  }
  return frames
}

const message = (data: string, id = ""): Frame => ({ event: "message", data, id })

const table: ReadonlyArray<readonly [fact: string, text: string, frames: ReadonlyArray<Frame>]> = [
  ["ends lines at LF", "data: a\n\n", [message("a")]],
  ["ends lines at CR", "data: a\r\r", [message("a")]],
  ["ends lines at CRLF", "data: a\r\n\r\n", [message("a")]],
  ["ends lines at all three in one stream", "data: a\r\ndata: b\rdata: c\n\n", [message("a\nb\nc")]],
  ["joins data lines with LF", "data: a\ndata:\ndata: b\n\n", [message("a\n\nb")]],
  ["takes one space off a value, not two", "data:  a\n\n", [message(" a")]],
  ["takes a value without a space", "data:a\n\n", [message("a")]],
  ["reads a field without a colon as empty", "data\n\n", [message("")]],
  ["keeps colons in a value", "data: a:b: c\n\n", [message("a:b: c")]],
  ["skips one BOM at the start only", "\uFEFFdata: a\n\n\uFEFFdata: b\n\n", [message("a")]],
  ["skips comments", ": keepalive\n\ndata: a\n: no\n\n:\n\n", [message("a")]],
  ["skips unknown fields and case", "foo: x\nData: x\ndata: a\nretry: 10\n\n", [message("a")]],
  ["drops an event without data", "event: ping\n\ndata: a\n\n", [message("a")]],
  ["names an event", "event: delta\ndata: a\n\ndata: b\n\n", [{ event: "delta", data: "a", id: "" }, message("b")]],
  ["keeps the last id for later frames", "id: 7\ndata: a\n\ndata: b\n\n", [message("a", "7"), message("b", "7")]],
  ["ignores an id with NUL", "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n", [message("a", "1"), message("b", "1")]],
  ["clears the id with an empty one", "id: 1\ndata: a\n\nid\ndata: b\n\n", [message("a", "1"), message("b", "")]],
  ["keeps U+2028, NUL and tab in data", "data: a\u2028b\0c\td\n\n", [message("a\u2028b\0c\td")]],
  ["drops what the stream's end cuts off", "data: a\n\ndata: b\n", [message("a")]]
]

describe("feed", () => {
  for (const [fact, text, frames] of table) it(fact, () => assert.deepStrictEqual(read(text), frames))

  it("gives the same frames for every split of every case into two", () => {
    for (const [fact, text, frames] of table) {
      for (let at = 0; at <= text.length; at++) {
        assert.deepStrictEqual(read(text.slice(0, at), text.slice(at)), frames, `${fact}, split at ${at}`)
      }
    }
  })

  it("gives the same frames character by character", () => {
    for (const [fact, text, frames] of table) assert.deepStrictEqual(read(...text.split("")), frames, fact)
  })

  it("looks once at each letter of a line that comes in pieces", () => {
    let seen = 0
    const real = String.prototype.split
    String.prototype.split = function (this: string, ...args: ReadonlyArray<never>) {
      seen += this.length
      return Reflect.apply(real, this, args) as never
    }
    try {
      let state = emptyFeed
      for (let piece = 0; piece < 1000; piece++) state = feed(state, "x".repeat(100))[0]
    } finally {
      String.prototype.split = real
    }
    assert.strictEqual(seen, 100_000)
  })
})
