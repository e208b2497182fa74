import { assert, describe, it } from "@effect/vitest"
import { revealHidden } from "../../../web/text/revealHidden.ts"

const table: ReadonlyArray<readonly [fact: string, text: string, shown: string]> = [
  ["leaves ordinary text, tabs and newlines alone", "a\tb\nc é 漢 🙂", "a\tb\nc é 漢 🙂"],
  ["reads CRLF as a newline", "a\r\nb", "a\nb"],
  ["shows a lone CR, which overwrites a line in a terminal", "rm -rf /\rls", "rm -rf /\\x0dls"],
  ["shows backspaces", "ls\b\bid", "ls\\x08\\x08id"],
  ["shows ANSI colours", "\u001B[31mred\u001B[0m", "\\x1b[31mred\\x1b[0m"],
  ["shows OSC 8 links and title changes", "\u001B]8;;http://x\u0007", "\\x1b]8;;http://x\\x07"],
  ["shows C1 controls", "\u009B31m", "\\x9b31m"],
  ["shows NUL and DEL", "\0\u007F", "\\x00\\x7f"],
  ["shows bidi overrides and isolates", "a\u202Eb\u2066c\u2069", "a\\u202eb\\u2066c\\u2069"],
  ["shows direction marks", "\u200Ea\u200F\u061C", "\\u200ea\\u200f\\u061c"],
  ["shows zero-width spaces and BOM", "a\u200Bb\uFEFFc\u2060", "a\\u200bb\\ufeffc\\u2060"],
  ["shows a joiner between letters", "a\u200Db", "a\\u200db"],
  ["keeps a joiner inside an emoji", "👩\u200D💻 ❤\uFE0F\u200D🔥 👩🏽\u200D💻", "👩\u200D💻 ❤\uFE0F\u200D🔥 👩🏽\u200D💻"],
  ["shows what varies a letter or nothing", "a\uFE0Fb\u{E0100}1\uFE0F", "a\\ufe0fb\\u{e0100}1\\ufe0f"],
  ["shows a joiner behind what varies a letter", "a\uFE0F\u200Db", "a\\ufe0f\\u200db"],
  ["shows the second of two that vary an emoji", "❤\uFE0F\uFE0F", "❤\uFE0F\\ufe0f"],
  ["keeps what makes an emoji of a sign", "❤\uFE0F ⚠\uFE0F 1\uFE0F\u20E3", "❤\uFE0F ⚠\uFE0F 1\uFE0F\u20E3"],
  ["shows the blank of Braille", "a\u2800b", "a\\u2800b"],
  ["shows what joins graphemes, and Khmer and Mongolian blanks", "a\u034F\u17B4\u180B", "a\\u034f\\u17b4\\u180b"],
  ["shows line and paragraph separators", "a\u2028b\u2029c", "a\\u2028b\\u2029c"],
  ["shows soft hyphens and blank fillers", "a\u00ADb\u3164\u115F", "a\\xadb\\u3164\\u115f"],
  ["shows tag characters", "a\u{E0041}b", "a\\u{e0041}b"],
  ["shows lone surrogates", "a\uD800b", "a\\ud800b"],
  ["leaves markup as text", "<img onerror=x>", "<img onerror=x>"]
]

describe("revealHidden", () => {
  for (const [fact, text, shown] of table) it(fact, () => assert.strictEqual(revealHidden(text), shown))

  it("is stable: what is shown is shown the same again", () => {
    for (const [, text] of table) assert.strictEqual(revealHidden(revealHidden(text)), revealHidden(text))
  })
})
