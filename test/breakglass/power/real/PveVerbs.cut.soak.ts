import { describe, it } from "@effect/vitest"
import { startPower } from "../../../support/power/powerBench.ts"
import { cuts } from "../../../support/power/powerCuts.ts"

const rounds = Number(process.env["PVE_CUTS"] ?? 100)

describe("PVE-04 a connection that is lost at a random moment of a cycle", { timeout: 30 * 60_000 }, () => {
  it(`leaves the VM running, and the outcome is the host's own, ${rounds} times`, async () => {
    await using power = await startPower()
    await cuts(power, rounds)
  })
})
