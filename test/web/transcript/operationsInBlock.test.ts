import { assert, describe, it } from "@effect/vitest"
import { indexOf, runsIn } from "../../../web/transcript/operationsInBlock.ts"
import type { Block } from "../../../web/transcript/transcript.ts"
import type { Run } from "../../../web/power/power.ts"
import { at, run as of } from "../../support/power/runs.ts"

const run = (verb: Run["verb"], second: number) => of({ verb, op_id: `${second}`, started_at: at(second) })
const block = (...seconds: ReadonlyArray<number>): Block =>
  seconds.map((second) => ({ kind: "text", text: "", id: second, at: at(second) }))

describe("operations in place", () => {
  const first = block(10, 20)
  it("stand in the block during which they began", () => {
    const runs = [run("cycle", 35), run("cycle", 15), run("status", 16)]
    assert.deepStrictEqual(
      runsIn(runs, first, block(30)).map((each) => each.op_id),
      ["15"]
    )
    assert.strictEqual(indexOf(first, run("cycle", 15)), 1)
  })
  it("do not stand in an older talk", () => {
    assert.strictEqual(runsIn([run("cycle", 20 + 3601)], first, undefined).length, 0)
    assert.strictEqual(runsIn([run("cycle", 5)], first, undefined).length, 0)
  })
})
