import { assert, describe, it } from "@effect/vitest"
import type { Figure, Measured } from "../../../bench/report/Figure.ts"
import { inside, ratio, regressed } from "../../../bench/report/verdict.ts"

const measured = (ours: ReadonlyArray<number>, bare: ReadonlyArray<number>, more: Partial<Figure> = {}): Measured => ({
  key: "row.figure",
  figure: { what: "a figure", unit: "ms", better: "less", wanted: { times: 2 }, ...more },
  ours,
  bare
})

describe("a figure", () => {
  it("is the ratio of two medians, whatever the outliers", () => {
    assert.strictEqual(ratio(measured([30, 900, 20], [10, 1, 11])), 3)
  })

  it("with a value of its own is held against that, not against bare", () => {
    assert.strictEqual(ratio(measured([600], [1], { wanted: { value: 300 } })), 2)
  })

  it("is inside up to its limit", () => {
    assert.isTrue(inside(measured([20], [10])))
    assert.isFalse(inside(measured([20.1], [10])))
    assert.isTrue(inside(measured([300], [1], { wanted: { value: 300 } })))
    assert.isFalse(inside(measured([301], [1], { wanted: { value: 300 } })))
  })

  it("of which more is better is inside from its limit on", () => {
    const more = { better: "more", wanted: { times: 0.5 } } as const
    assert.isTrue(inside(measured([5], [10], more)))
    assert.isFalse(inside(measured([4.9], [10], more)))
  })

  it("has regressed when it is more than a tenth above its kept ratio", () => {
    assert.isFalse(regressed(measured([32.9], [10]), 3))
    assert.isTrue(regressed(measured([33.1], [10]), 3))
  })

  it("of which more is better has regressed when it is more than a tenth below", () => {
    const more = { better: "more", wanted: { times: 0.5 } } as const
    assert.isFalse(regressed(measured([2.71], [10], more), 0.3))
    assert.isTrue(regressed(measured([2.69], [10], more), 0.3))
    assert.isFalse(regressed(measured([9], [10], more), 0.3))
  })

  it("regresses although it is still inside its limit", () => {
    const slower = measured([15], [10])
    assert.isTrue(inside(slower))
    assert.isTrue(regressed(slower, 1.2))
  })

  it("has not regressed by less than its noise", () => {
    assert.isFalse(regressed(measured([3], [1], { noise: 2 }), 1))
    assert.isTrue(regressed(measured([3.1], [1], { noise: 2 }), 1))
  })

  it("of which nothing was kept has not regressed", () => {
    assert.isFalse(regressed(measured([1000], [1]), undefined))
  })
})
