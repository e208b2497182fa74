/** A VM that its host cannot switch, or could only switch off: what the operator is told, over the real way. */
import { assert, describe, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import { move, withoutQuorum } from "../../../host/support/cluster.ts"
import { type Power, startPower, statusOf } from "../../../support/power/powerBench.ts"

describe("a VM that is not the host's to switch", { timeout: 90_000 }, () => {
  let power: Power
  beforeAll(async () => {
    power = await startPower({})
  }, 60_000)
  afterAll(() => power[Symbol.asyncDispose]())

  it("when there is no quorum no cycle begins; the operator reads why and what works, and it does", async () => {
    const before = await power.rig.startVm()
    withoutQuorum(power.rig)
    const { operation } = await power.run("cycle")
    assert.deepInclude(operation, { outcome: "rejected", exit_code: 2, verified: null })
    assert.match(operation.evidence, /^the cluster has no quorum, .* Use reset: .* Nothing was changed\.$/)
    assert.include(operation.output, operation.evidence)
    assert.deepStrictEqual([power.rig.vmPid(), power.rig.vmRuns()], [before, true])
    assert.deepInclude((await power.run("reset")).operation, { outcome: "ok", verified: true })
  })

  it("when it is on another node it is not off, nothing is verified, and the node is named", async () => {
    await power.run("stop")
    move(power.rig, "pve2")
    const { operation } = await power.run("stop")
    assert.deepInclude(operation, { outcome: "rejected", exit_code: 2, verified: null })
    assert.match(operation.evidence, /is not on this host: it is on node pve2\. Nothing was changed\.$/)
    assert.strictEqual((await power.run("status")).operation.evidence, "not on this host: it is on node pve2")
    const reader = await power.watch()
    const found = await reader.until((frame) => statusOf(frame)?.pattern === "not_here")
    assert.strictEqual(statusOf(found)?.text, "The host says: not on this host: it is on node pve2.")
    await reader.close()
  })
})
