import { assert, describe, it } from "@effect/vitest"
import { type Line, make, maxLineBytes } from "../../../src/core/process/lines.ts"
import { dice } from "../../support/journal/histories.ts"
import { seeded } from "../../support/text/seeded.ts"

const line = (text: string): Line => ({ _tag: "Line", text })
const overlong = (bytes: number): Line => ({ _tag: "Cut", why: "overlong", bytes })
const unfinished = (bytes: number): Line => ({ _tag: "Cut", why: "unfinished", bytes })

/** All that a splitter says of these chunks. */
const split = (chunks: ReadonlyArray<Uint8Array>, cap?: number): ReadonlyArray<Line> => {
  const splitter = make(cap)
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()]
}

const table: ReadonlyArray<readonly [fact: string, bytes: string | Uint8Array, lines: ReadonlyArray<Line>]> = [
  ["a newline ends a line", "a\nb c\n", [line("a"), line("b c")]],
  ["an empty line is a line", "\n\na\n\n", [line(""), line(""), line("a"), line("")]],
  ["nothing is no line", "", []],
  ["U+2028, U+2029 and U+0085 end none", "a\u2028b\u2029c\u0085d\n", [line("a\u2028b\u2029c\u0085d")]],
  ["VT, FF and NUL end none", "a\vb\fc\0d\n", [line("a\vb\fc\0d")]],
  ["a CR ends none and is kept", "a\rb\r\nc\n", [line("a\rb\r"), line("c")]],
  ["a character is whole however its bytes come", "\u00e9\u6f22\u{1F642}\n", [line("\u00e9\u6f22\u{1F642}")]],
  ["invalid UTF-8 is U+FFFD", Uint8Array.of(0x61, 0xff, 0xc3, 0x28, 10, 0x62, 10), [line("a\uFFFD\uFFFD("), line("b")]],
  ["half a character does not eat the newline", Uint8Array.of(0xf0, 0x9f, 10, 0x62, 10), [line("\uFFFD"), line("b")]],
  ["what no newline ended is unfinished, counted in bytes", "a\n\u00e9\u6f22", [line("a"), unfinished(5)]]
]

/** The cap is 8. */
const capped: typeof table = [
  ["at the cap a line is whole", "12345678\nb\n", [line("12345678"), line("b")]],
  ["over the cap a line is skipped and sized, and the next is whole", "123456789\nb\n", [overlong(9), line("b")]],
  ["far over the cap too", `${"x".repeat(1000)}\n\nb\n`, [overlong(1000), line(""), line("b")]],
  ["over the cap and unfinished is overlong", "a\n123456789", [line("a"), overlong(9)]],
  ["the cap is of bytes, not of characters", "\u6f22\u6f22\u6f22\nb\n", [overlong(9), line("b")]]
]

describe("lines", () => {
  const tables = [
    [table, maxLineBytes],
    [capped, 8]
  ] as const
  for (const [rows, cap] of tables) {
    for (const [fact, given, lines] of rows) {
      it(fact, () => {
        const bytes = Buffer.from(given)
        assert.deepStrictEqual(split([bytes], cap), lines)
        assert.deepStrictEqual(split(cut(bytes, 1), cap), lines)
      })
    }
  }

  it("gives each line as soon as its newline is there", () => {
    const splitter = make()
    assert.deepStrictEqual(splitter.push(Buffer.from("ab")), [])
    assert.deepStrictEqual(splitter.push(Buffer.from("c\nd\ne")), [line("abc"), line("d")])
    assert.deepStrictEqual(splitter.end(), [unfinished(1)])
    assert.deepStrictEqual(splitter.end(), [])
  })

  it("keeps what it holds when the chunk's memory is used again", () => {
    for (const chunk of [Buffer.from("abc"), Uint8Array.of(0x61, 0x62, 0x63)]) {
      const splitter = make()
      splitter.push(chunk)
      chunk.fill(0x78)
      assert.deepStrictEqual(splitter.push(Buffer.from("\n")), [line("abc")])
    }
  })

  it("says the same of the same bytes, however they are cut up", () => {
    const { below } = dice(seeded("lines"))
    for (let round = 0; round < 1000; round++) {
      const bytes = Uint8Array.from({ length: below(80) }, () => alphabet[below(alphabet.length)] ?? 10)
      const cap = 1 + below(20)
      const chunks: Array<Uint8Array> = []
      for (let at = 0; at < bytes.length;) {
        const size = below(9)
        chunks.push(bytes.slice(at, at + size))
        at += size
      }
      assert.deepStrictEqual(split(chunks, cap), naive(bytes, cap), `round ${round}, cap ${cap}`)
    }
  })

  it("keeps 16 MiB whole, and no byte more", () => {
    const longest = Buffer.alloc(maxLineBytes + 2, "a")
    assert.strictEqual(maxLineBytes, 16 * 1024 * 1024)
    longest[maxLineBytes] = 10
    const [whole, ...rest] = split([longest])
    assert.strictEqual(whole?._tag === "Line" ? whole.text.length : whole?.bytes, maxLineBytes)
    assert.deepStrictEqual(rest, [unfinished(1)])
    longest[maxLineBytes] = 97
    longest[maxLineBytes + 1] = 10
    assert.deepStrictEqual(split([longest]), [overlong(maxLineBytes + 1)])
  })

  it("CLI-03: gives a 10 MB line that comes in 64 KiB chunks, and the one after it", () => {
    const bytes = Buffer.concat([Buffer.alloc(10_000_000, "\u6f22"), Buffer.from("\nnext\n")])
    const chunks = cut(bytes, 64 * 1024)
    assert.isAbove(chunks.length, 150)
    const [long, next] = split(chunks)
    assert.strictEqual(long?._tag === "Line" ? Buffer.byteLength(long.text.replace(/\uFFFD$/, "")) : 0, 9_999_999)
    assert.deepStrictEqual(next, line("next"))
  })

  it("takes time in proportion to a line, however small its chunks", () => {
    // Joining again with every chunk would copy 160 GB here.
    const chunks = cut(Buffer.concat([Buffer.alloc(10_000_000, "a"), Buffer.from("\n")]), 320)
    const begun = performance.now()
    assert.strictEqual(split(chunks).length, 1)
    assert.isBelow(performance.now() - begun, 5000)
  })

  it("counts an endless line without holding it", { timeout: 120_000 }, () => {
    const splitter = make(1024)
    const chunk = Buffer.alloc(1024 * 1024, "a")
    for (let i = 0; i < 5000; i++) assert.deepStrictEqual(splitter.push(chunk), [])
    assert.deepStrictEqual(splitter.push(Buffer.from("\nb\n")), [overlong(5000 * 1024 * 1024), line("b")])
  })
})

const cut = (bytes: Uint8Array, size: number): ReadonlyArray<Uint8Array> =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))

/** Newlines, CR, letters, the bytes of é and U+2028, and one that is never valid. */
const alphabet = [10, 10, 10, 13, 0, 0x61, 0x62, 0x63, 0xc3, 0xa9, 0xe2, 0x80, 0xa8, 0xff]

/** All at once, and without a cleverness of its own. */
const naive = (bytes: Uint8Array, cap: number): ReadonlyArray<Line> => {
  const parts: Array<ReadonlyArray<number>> = [[]]
  for (const byte of bytes) {
    if (byte === 10) parts.push([])
    else parts.push([...(parts.pop() ?? []), byte])
  }
  const last = parts.pop() ?? []
  const lines = parts.map((part) =>
    part.length > cap ? overlong(part.length) : line(Buffer.from(part).toString("utf8"))
  )
  return last.length === 0 ? lines : [...lines, last.length > cap ? overlong(last.length) : unfinished(last.length)]
}
