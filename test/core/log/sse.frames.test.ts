import { assert, describe, it } from "@effect/vitest"
import type { Item } from "../../../src/core/log/LogState.ts"
import { frames } from "../../../src/core/log/sse.ts"
import { emptyFeed, feed } from "../../../web/link/sse.ts"
import { parse } from "../../support/http/specSse.ts"

const events = (...texts: ReadonlyArray<string>): Item => ({
  _tag: "Events",
  events: texts.map((text, at) => ({
    id: at + 7,
    json: Buffer.from(JSON.stringify({ kind: "text", text, id: at + 7 }))
  }))
})
const tool = { tool_id: "t", name: "Bash", elapsed_ms: 1 }
const state = { pattern: "healthy" } as never

describe("the frames", () => {
  const each: ReadonlyArray<readonly [item: Item, bytes: string]> = [
    [{ _tag: "Reset" }, "event: reset\ndata: {}\n\n"],
    [{ _tag: "CaughtUp" }, "event: caught-up\ndata: {}\n\n"],
    [{ _tag: "Delta", text: "a\nb" }, 'event: delta\ndata: {"text":"a\\nb"}\n\n'],
    [
      { _tag: "Progress", tools: [tool, { ...tool, tool_id: "u" }] },
      'event: progress\ndata: {"tool_id":"t","name":"Bash","elapsed_ms":1}\n\n' +
        'event: progress\ndata: {"tool_id":"u","name":"Bash","elapsed_ms":1}\n\n'
    ],
    [{ _tag: "Status", status: state }, 'event: status\ndata: {"pattern":"healthy"}\n\n'],
    [{ _tag: "Keepalive" }, ": keepalive\n\n"],
    [{ _tag: "Bye", reason: null }, "retry: 1000\nevent: bye\ndata: {}\n\n"],
    [{ _tag: "Bye", reason: "superseded" }, 'event: bye\ndata: {"reason":"superseded"}\n\n'],
    [
      events("ä", "b"),
      'id: 7\ndata: {"kind":"text","text":"ä","id":7}\n\nid: 8\ndata: {"kind":"text","text":"b","id":8}\n\n'
    ],
    [events(), ""]
  ]
  for (const [item, bytes] of each) {
    it(`of ${JSON.stringify(item).slice(0, 60)} are these bytes`, () =>
      assert.strictEqual(Buffer.from(frames(item)).toString(), bytes))
  }

  it("of an item that several readers are given are made once, and hold no slab that they are a slice of", () => {
    const item = events("a")
    const bytes = frames(item)
    assert.strictEqual(frames(item), bytes)
    assert.strictEqual(bytes.buffer.byteLength, bytes.byteLength)
    assert.notStrictEqual(frames(events("a")), bytes)
  })

  const texts = [
    "a\nb",
    "a\rb",
    "\r\n\r\nevent: x\ndata: y\n\n",
    "\n\nid: 9\ndata: z\n\n",
    "a\0b",
    "\u2028\u2029\u0085",
    "\uFEFF",
    "half \ud800 of it",
    "\udc00",
    ": comment",
    " a ",
    "😀".repeat(3)
  ]
  for (const text of texts) {
    it(`SSE-02 carry ${JSON.stringify(text)} as one line of data, whoever parses it`, () => {
      const bytes = frames(events(text))
      assert.strictEqual(Buffer.from(bytes).toString().split("\n").length, 4)
      const [first, ...more] = parse(bytes)
      assert.deepStrictEqual([first?.lastEventId, first?.type, more], ["7", "message", []])
      assert.strictEqual((JSON.parse(first?.data ?? "") as { text: string }).text, text)
      const [, seen] = feed(emptyFeed, new TextDecoder().decode(bytes))
      assert.deepStrictEqual(seen, [{ event: "message", data: first?.data ?? "", id: "7" }])
    })
  }
})
