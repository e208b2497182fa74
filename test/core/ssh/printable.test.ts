import { assert, describe, it } from "@effect/vitest"
import { written } from "../../../src/core/ssh/printable.ts"
import { revealHidden } from "../../../web/text/revealHidden.ts"

describe("what is not seen", () => {
  it("is written out in an export wherever the page writes it out, and the same way", () => {
    for (let code = 0; code <= 0x10ffff; code++) {
      const text = `a${String.fromCodePoint(code)}b`
      const onPage = revealHidden(text)
      if (onPage !== text) assert.strictEqual(written(text), onPage, code.toString(16))
    }
  })

  for (const text of ["a\tb\nc é 漢 🙂", "👩\u200D💻 ❤\uFE0F\u200D🔥 👩🏽\u200D💻", "नमस्ते مرحبا שלום ไทย"]) {
    it(`is nothing in ${JSON.stringify(text)}`, () => assert.strictEqual(written(text), text))
  }
})
