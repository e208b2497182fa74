/** A flipped bit in the words that say what the tables are: to SQLite another name, which its own check finds in order. */
import { assert, describe, it } from "@effect/vitest"
import { files, flip, none, survives, survivesAll } from "../../support/journal/damage.ts"
import { upTo } from "../../support/journal/journals.ts"
import { seeded } from "../../support/text/seeded.ts"

describe("a journal whose tables are called something else", () => {
  const taken = files("stopped")
  const bytes = taken["journal.db"] ?? none

  it("DISK-03 opens with all that it had, whichever bit of a column's name is another", () => {
    const word = "bytes INTEGER"
    const at = bytes.indexOf(word) * 8
    assert.isAbove(at, 0)
    const kept = upTo("bytes".length * 8).map((bit) =>
      survives(`bit ${bit}`, { "journal.db": flip(bytes, at + bit).bytes() })
    )
    assert.isAbove(kept.filter((share) => share === 1).length, 30)
  })

  it("DISK-03 opens and can be written, whichever bit of them is another", () => {
    const random = seeded("DISK-03 schema")
    const from = bytes.indexOf("CREATE TABLE")
    const anywhere = () => (from + Math.floor(random() * (4096 - from))) * 8 + Math.floor(random() * 8)
    const kept = survivesAll(
      taken,
      "journal.db",
      upTo(150).map(() => flip(bytes, anywhere()))
    )
    console.info(`DISK-03 schema: kept ${kept}`)
  })
})
