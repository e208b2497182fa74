import { assert, describe, it } from "@effect/vitest"
import { Body } from "../../../bench/server/chunks.ts"

const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
const chunked = `${head}5\r\nid: 0\r\nc\r\n\ndata: {}\n\ni\r\nb\r\nd: 1\ndata:\n\r\n`
const body = "id: 0\ndata: {}\n\nid: 1\ndata:\n"

/** What comes out when it comes in pieces of this size. */
const through = (text: string, size: number): string => {
  let out = ""
  const taken = new Body((part) => (out += part.toString("latin1")))
  for (let at = 0; at < text.length; at += size) taken.take(Buffer.from(text.slice(at, at + size), "latin1"))
  assert.strictEqual(taken.status, 200)
  return out
}

describe("a body", () => {
  it("is without its chunks, wherever the pieces are cut", () => {
    for (let size = 1; size <= chunked.length; size++) assert.strictEqual(through(chunked, size), body, `by ${size}`)
  })

  it("that is not chunked is as it came", () => {
    for (const size of [1, 7, 1000]) assert.strictEqual(through(`HTTP/1.1 200 OK\r\n\r\n${body}`, size), body)
  })
})
