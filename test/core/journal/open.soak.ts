import { assert, describe, it } from "@effect/vitest"
import { cut, files, flip, noise, survivesAll } from "../../support/journal/damage.ts"
import { upTo } from "../../support/journal/journals.ts"
import { seeded } from "../../support/text/seeded.ts"

describe("a damaged journal", () => {
  for (const how of ["stopped", "killed"] as const) {
    const taken = files(how)
    for (const [name, bytes] of Object.entries(taken)) {
      it(`DISK-03 opens, keeps the good part and sets the rest aside, once: all of ${name}, ${how}`, () => {
        const random = seeded(`DISK-03 ${how} ${name}`)
        const anywhere = (of: number) => Math.floor(random() * of)
        const last = survivesAll(
          taken,
          name,
          upTo(4096).map((less) => cut(bytes, bytes.length - less))
        )
        const flips = survivesAll(
          taken,
          name,
          upTo(1000).map(() => flip(bytes, anywhere(bytes.length * 8)))
        )
        const header = survivesAll(
          taken,
          name,
          upTo(800).map((bit) => flip(bytes, bit))
        )
        const cuts = survivesAll(
          taken,
          name,
          upTo(300).map(() => cut(bytes, anywhere(bytes.length)))
        )
        for (const _ of upTo(10)) survivesAll(taken, name, noise(bytes, random))
        console.info(
          `kept of ${how} ${name}: last 4 KiB cut ${last}, a bit ${flips}, a header bit ${header}, cut ${cuts}`
        )
        assert.isAbove(last, 0.6)
        assert.isAbove(flips, 0.9)
      })
    }
  }
})
