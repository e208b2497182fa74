import { assert, describe, it } from "@effect/vitest"
import { compare } from "../../../src/breakglass/power/compareEvidence.ts"

const first = [
  "before any section",
  "== qm status ==",
  "status: running",
  "== blockstats ==",
  "wr_ops 10",
  "rd_ops 5",
  ""
]
const second = [
  "== qm status ==",
  "status: running",
  "== blockstats ==",
  "wr_ops 10",
  "rd_ops 9",
  "== dmesg ==",
  "I/O error",
  ""
]

describe("two captures of evidence", () => {
  it("differ by what each section lost and gained", () => {
    assert.strictEqual(
      compare(first.join("\n"), second.join("\n")),
      "== qm status ==\n  (the same)\n== blockstats ==\n- rd_ops 5\n+ rd_ops 9\n== dmesg ==\n+ I/O error\n"
    )
  })

  it("are the same when they are", () => {
    assert.strictEqual(compare("== a ==\nx\nx\n", "== a ==\nx\nx\n"), "== a ==\n  (the same)\n")
  })

  it("tell how often a line stands there", () => {
    assert.strictEqual(compare("== a ==\nx\n", "== a ==\nx\nx\n"), "== a ==\n+ x\n")
  })

  it("join a section that was captured twice, as QMP's are", () => {
    assert.strictEqual(compare("== q ==\n1\n== q ==\n2\n", "== q ==\n1\n== q ==\n3\n"), "== q ==\n- 2\n+ 3\n")
  })
})
