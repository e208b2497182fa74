/** What a Markdown parser is given of prose: pieces that together cost it no more than the length of the whole allows. */
import { assert, describe, it } from "@effect/vitest"
import { pieces } from "../../../web/text/pieces.ts"

const units: ReadonlyArray<string> = [
  ..."a. a@ @ [ ![ ` <a > - * _ | # = & \\ www. http:// [a]( [a]:b <!--".split(" "),
  ...["> ", "- ", "1. ", "- - ", "a\n", "\n", " ", "\t", "a  \n", "> a\nb\n", "a\n-\n", "=\n", "- a\n", "|a", "word "],
  ...["```\n", "~~~a\n", "    a\n", "- [ ] a\n", "|a|b|\n", "*a ", "[a]: b\n"]
]

/** The work of a parser that takes the square of whatever it is given, code apart: that is taken as it is. */
const work = (source: string) =>
  pieces(source)
    .filter(({ text, plain }) => !plain && !/^(?:```|~~~)/.test(text))
    .reduce((sum, { text }) => sum + text.length ** 2, 0)

describe("prose in pieces", () => {
  for (const unit of units) {
    it(`costs double for double and loses nothing: ${JSON.stringify(unit)}`, () => {
      for (const [head, tail] of [
        ["", ""],
        ["a", "b"],
        ["", "@"]
      ] as const) {
        const text = (size: number) => head + unit.repeat(size / unit.length) + tail
        assert.strictEqual(
          pieces(text(32_000))
            .map((piece) => piece.text)
            .join(""),
          text(32_000)
        )
        assert.isAtMost(work(text(32_000)), 2.2 * work(text(16_000)) + 1_000_000)
        assert.isAtMost(work(text(32_000)), 32_000 * 6000)
      }
    })
  }

  it("has no long word, no long blank and no deep nesting where the parser looks", () => {
    for (const text of [`${"a".repeat(501)}.@`, `a${" ".repeat(501)}b`, "> ".repeat(13), `${"- ".repeat(20)}a`]) {
      assert.deepStrictEqual(pieces(text), [{ text, plain: true }])
    }
    assert.deepStrictEqual(pieces("a\n\n> b"), [
      { text: "a\n\n", plain: false },
      { text: "> b", plain: false }
    ])
  })

  it("leaves a list with what is indented under it, a table and a block of code whole", () => {
    for (const whole of [
      "- a\n\n  b\n\n  ```\n  c\n  ```\n",
      "|a|\n|-|\n" + "|b|\n".repeat(500),
      "```\na\n\nb\n```\n"
    ]) {
      assert.deepStrictEqual(pieces(whole), [{ text: whole, plain: false }])
    }
    assert.strictEqual(pieces(`\`\`\`\n${"x\n\n".repeat(5000)}\`\`\`\nafter`).length, 2)
  })
})
