import { assert, describe, it } from "@effect/vitest"
import { stopText } from "../../../src/gateway/openai/stopText.ts"

const through = (words: ReadonlyArray<string>, pieces: ReadonlyArray<string>) => {
  const stop = stopText(words)
  const passed = pieces.map(stop.push).join("")
  return { text: stop.stopped() ? passed : passed + stop.rest(), stopped: stop.stopped() }
}

const cases: ReadonlyArray<readonly [name: string, words: ReadonlyArray<string>, text: string, until: string]> = [
  ["a word in the middle", ["END"], "one END two", "one "],
  ["the first of two words", ["two", "one"], "zero one two", "zero "],
  ["a word at once", ["END"], "END", ""],
  ["a beginning that comes to nothing", ["END"], "E EN ENDE", "E EN "],
  ["a beginning within a beginning", ["aab"], "aaab", "a"],
  ["no word", ["END"], "E EN", "E EN"],
  ["no words", [], "text", "text"]
]

describe("stopText", () => {
  it.each(cases)("ends at %s, however the text is cut up", (_name, words, text, until) => {
    const stopped = until !== text
    for (let size = 1; size <= text.length; size++) {
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
        text.slice(at * size, (at + 1) * size)
      )
      assert.deepStrictEqual(through(words, pieces), { text: until, stopped })
    }
  })

  it("passes on at once what can begin no word", () => {
    const stop = stopText(["END"])
    assert.strictEqual(stop.push("one E"), "one ")
    assert.strictEqual(stop.push("x"), "Ex")
  })

  it("says nothing after the word", () => {
    const stop = stopText(["END"])
    stop.push("END")
    assert.strictEqual(stop.push("more"), "")
    assert.strictEqual(stop.rest(), "")
  })
})
