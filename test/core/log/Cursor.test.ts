import { assert, describe, it } from "@effect/vitest"
import type { Row } from "../../../src/core/journal/types.ts"
import { Cursor, type CursorStart } from "../../../src/core/log/Cursor.ts"
import { chunkBytes, LogState } from "../../../src/core/log/LogState.ts"
import { frames } from "../../../src/core/log/sse.ts"
import { empty, follow, ids, upTo } from "../../support/journal/journals.ts"
import { parse } from "../../support/http/specSse.ts"

const at = "2026-01-01T00:00:00.000Z"
const row = (id: number, text = `event ${id}`): Row => ({
  id,
  at,
  json: JSON.stringify({ kind: "text", text, at, id }),
  full: null
})

/** A log with all of its rows on disk, and a way to read it. */
const log = (count: number, size = 20) => {
  const rows = upTo(count).map((id) => row(id, `${id} `.padEnd(size, "x")))
  const state = new LogState(empty)
  for (const each of rows) state.keep([each])
  const pages: Array<number> = []
  const page = (after: number) => {
    pages.push(after)
    return rows.slice(after + 1, after + 51)
  }
  const reader = (start: CursorStart) => {
    const own = new Cursor(state, start)
    pager.set(own, () => own.give(page(own.missing ?? 0), state.next))
    return own
  }
  return { rows, state, pages, reader }
}

/** How each is given what it misses. */
const pager = new WeakMap<Cursor, () => void>()

const drain = (reader: Cursor): ReadonlyArray<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  while (true) {
    if (reader.missing !== null) pager.get(reader)?.()
    const item = reader.next()
    if (item === null) return chunks
    chunks.push(frames(item))
  }
}

const types = (chunks: ReadonlyArray<Uint8Array>) =>
  parse(...chunks)
    .map(({ type }) => type)
    .filter((type) => type !== "message")

describe("a cursor that waits for a page", () => {
  it("DISK-04 is sent keepalives, nothing else, and then what it waited for", () => {
    const { rows, state } = log(3000, 300)
    const reader = new Cursor(state, follow(null))
    assert.isNull(reader.next())
    state.keepalives += 1
    assert.deepStrictEqual(reader.next(), { _tag: "Keepalive" })
    assert.isNull(reader.next())
    state.keep([row(3000)])
    assert.strictEqual(reader.missing, -1)
    reader.give(rows.slice(0, 50), 3000)
    const page = reader.next()
    assert.deepStrictEqual(page?._tag === "Events" ? page.events.map(({ id }) => id) : [], upTo(50))
    assert.strictEqual(reader.missing, 49)
    // The disk has lost all of the rest; what came since it was asked has not gone with it.
    reader.give([], 3000)
    assert.deepStrictEqual(ids(parse(...drain(reader))), [3000])
  })
})

describe("Cursor", () => {
  it("gives every place the rest of the log: from memory, from disk, or from both", () => {
    const { state, pages, reader } = log(3000, 300)
    const held = state.tail[0]?.id ?? 0
    assert.isAbove(held, 1000)
    for (const after of [null, 0, 500, held - 2, held - 1, held, held + 1, 2998, 2999]) {
      pages.length = 0
      const chunks = drain(reader(follow(after)))
      assert.deepStrictEqual(ids(parse(...chunks)), upTo(3000).slice((after ?? -1) + 1))
      assert.deepStrictEqual(types(chunks), ["caught-up"])
      assert.strictEqual(pages.length > 0, (after ?? -1) < held - 1, `disk is read from ${after}`)
      assert.isTrue(chunks.every(({ length }) => length <= chunkBytes * 1.1))
    }
  })

  it("says reset first of a place past the end, at the end of an empty log too", () => {
    assert.deepStrictEqual(types(drain(log(3).reader(follow(3)))), ["reset", "caught-up"])
    assert.deepStrictEqual(ids(parse(...drain(log(3).reader(follow(3))))), [0, 1, 2])
    assert.deepStrictEqual(types(drain(log(0).reader(follow(0)))), ["reset", "caught-up"])
    assert.deepStrictEqual(types(drain(log(0).reader(follow(Number.POSITIVE_INFINITY)))), ["reset", "caught-up"])
  })

  it("gives readers at the same place the same item, made once", () => {
    const { reader } = log(20)
    const [one, other] = [reader(follow(4)), reader(follow(4))]
    assert.strictEqual(one.next(), other.next())
  })

  it("LIFE-09 holds of each event its own bytes, and no slab that they are a slice of", () => {
    for (const { json } of log(20).state.tail) assert.strictEqual(json.buffer.byteLength, json.byteLength)
  })

  it("holds no more of the log in memory than it says, and at least its newest event", () => {
    const { state } = log(2000, 1000)
    const bytes = state.tail.reduce((sum, { json }) => sum + json.length, 0)
    assert.isAtMost(bytes, 256 * 1024)
    state.idle()
    assert.isAtMost(
      state.tail.reduce((sum, { json }) => sum + json.length, 0),
      16 * 1024
    )
    state.keep([row(2000, "x".repeat(400_000))])
    assert.deepStrictEqual(
      state.tail.map(({ id }) => id),
      [2000]
    )
  })

  it("sends each reader what it has not seen of the block that is written, and nothing of one that is over", () => {
    const { state, reader } = log(1)
    const [early, late] = [reader(follow(null)), reader(follow(null))]
    drain(early)
    const said = (of: Cursor) => parse(...drain(of)).map(({ type, data }) => `${type} ${data}`)
    state.write("one ")
    assert.deepStrictEqual(said(early), ['delta {"text":"one "}'])
    state.write("two ")
    assert.deepStrictEqual(said(early), ['delta {"text":"two "}'])
    assert.deepStrictEqual(said(late).slice(1), ["caught-up {}", 'delta {"text":"one two "}'])
    state.newBlock()
    assert.deepStrictEqual(said(early), [])
    state.write("next ")
    assert.deepStrictEqual(said(early), ['delta {"text":"next "}'])
    state.newBlock()
    state.write("and one that is longer ")
    assert.deepStrictEqual(said(early), ['delta {"text":"and one that is longer "}'])
  })

  it("sends state beside the log again only when it has changed, and a keepalive to whoever has nothing else", () => {
    const { state, reader } = log(1)
    const own = reader(follow(null))
    drain(own)
    state.show({ _tag: "Progress", tools: [{ tool_id: "t", name: "Bash", elapsed_ms: 1 }] })
    assert.deepStrictEqual(types(drain(own)), ["progress"])
    assert.deepStrictEqual(types(drain(reader(follow(null)))), ["caught-up", "progress"])
    assert.deepStrictEqual(drain(own), [])
    state.keepalives += 1
    assert.strictEqual(Buffer.concat([...drain(own)]).toString(), ": keepalive\n\n")
    state.show(null)
    assert.deepStrictEqual(drain(own), [])
    assert.deepStrictEqual(types(drain(reader(follow(null)))), ["caught-up"])
  })

  it("is over when the log is closed, or when it does not stay; and then for good", () => {
    const { state, reader } = log(2)
    const poll = reader({ after: 0, follow: false })
    state.write("words ")
    assert.deepStrictEqual(types(drain(poll)), ["caught-up", "delta"])
    assert.isTrue(poll.over)
    const own = reader(follow(0))
    state.closed = true
    assert.deepStrictEqual(types(drain(own)), ["caught-up", "bye"])
    state.keep([row(2)])
    assert.isNull(own.next())
  })
})
