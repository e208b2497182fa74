/** How often the agent may change the VM, turn by turn. */
import { assert, describe, it } from "@effect/vitest"
import { pause, perTurn, refusal } from "../../../src/breakglass/agent/allowance.ts"

const free = { sent: 0, running: false, sinceLast: null }

describe("the agent's next verb that changes the VM", () => {
  it.each([
    ["is its first", free],
    ["comes a minute after the one before", { ...free, sent: 1, sinceLast: pause }],
    ["is the last that a turn may ask", { ...free, sent: perTurn - 1, sinceLast: pause }]
  ])("may be asked when it %s", (_, used) => {
    assert.isNull(refusal(used))
  })
  it.each([
    ["while one is under way for it", { ...free, running: true }, /^One that changes the VM is under way/],
    [
      "within a minute of the one before, of whatever turn",
      { ...free, sinceLast: pause - 1 },
      /59 s ago.*again in 1 s/
    ],
    ["within a minute of the one before, to the second", { ...free, sent: 1, sinceLast: 0 }, /0 s ago.*again in 60 s/],
    ["a fourth time in a turn", { ...free, sent: perTurn, sinceLast: 3_600_000 }, /3 times, which is the limit/]
  ])("is refused %s, with nothing sent", (_, used, why) => {
    assert.match(refusal(used) ?? "", why)
    assert.include(refusal(used) ?? "", "Nothing was sent.")
  })
})
