import { assert, describe, it } from "@effect/vitest"
import type { Measured } from "../../../bench/report/Figure.ts"
import { line, table } from "../../../bench/report/table.ts"

const cpu: Measured = {
  key: "lines.cpu",
  figure: { what: "server CPU a frame", unit: "µs", better: "less", wanted: { times: 1.7 } },
  ours: [47.123, 45, 51],
  bare: [9.5, 9.5, 9.5]
}
const start: Measured = {
  key: "start.first",
  figure: { what: "start to first 200", unit: "ms", better: "less", wanted: { value: 1300 } },
  ours: [1299],
  bare: [113]
}

describe("the table", () => {
  it("gives medians with their range, and the ratio in bold where the limit is missed", () => {
    const [, , first, second] = table([cpu, start]).split("\n")
    assert.strictEqual(first, "| `lines` | server CPU a frame, µs | 47.1 (45 to 51) | 9.5 | **4.96** | ≤ 1.7 × bare |")
    assert.strictEqual(second, "| `start` | start to first 200, ms | 1,299 | 113 | 1 | ≤ 1,300 ms |")
  })
})

describe("a line on the terminal", () => {
  it("of a figure that has regressed is red and says so", () => {
    const text = line(cpu, { "lines.cpu": 4 })
    assert.isTrue(text.startsWith("\u001b[31m! lines.cpu "))
    assert.isTrue(text.endsWith("kept 4 REGRESSED\u001b[0m"))
  })

  it("of any other is not", () => {
    assert.match(line(cpu, { "lines.cpu": 4.9 }), /^! lines\.cpu .* kept 4\.9$/)
    assert.match(line(start, {}), /^ {2}start\.first /)
  })
})
