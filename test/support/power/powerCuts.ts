/** PVE-04: the connection is lost at a random moment of a cycle, and what is left of it is compared on both ends. */
import { assert } from "@effect/vitest"
import { randomUUID } from "node:crypto"
import { setTimeout as delay } from "node:timers/promises"
import { end, eventually } from "../../host/support/proc.ts"
import type { Power } from "./powerBench.ts"
import { seeded } from "../text/seeded.ts"

export const cuts = async (power: Power, rounds: number) => {
  const { rig, shim, run } = power
  const random = seeded("PVE-04")
  const seen = new Map<string, number>()
  // Some cuts come too late, and that is a moment too.
  const span = (await run("cycle")).took * 1.1
  for (let round = 0; round < rounds; round++) {
    await rig.quiet()
    const id = randomUUID()
    const stops = rig.calls("stop")
    const running = run("cycle", id)
    if (round === 0) {
      // One moment is certain: in the middle of the stop.
      rig.fault("stop", "hold")
      await eventually("qm stop runs", () => rig.calls("stop") > stops)
    } else {
      // The moment is the input of this test, not a wait for something.
      await delay(random() * span)
    }
    const ssh = shim.sent().find(({ request }) => request === `cycle ${id}`)
    if (ssh !== undefined) end(ssh.pid)
    rig.mend("stop")
    const { operation } = await running
    await rig.quiet()
    const where = `round ${round}: ${operation.outcome}, ${operation.output}`
    const code = rig.live(id, "rc").trim()
    const begun = code !== ""
    assert.isTrue(rig.vmRuns(), where)
    assert.strictEqual(operation.outcome, begun ? "ok" : "unreachable", where)
    assert.strictEqual(operation.exit_code, begun ? Number(code) : null, where)
    assert.strictEqual(operation.verified, begun ? true : null, where)
    assert.strictEqual(rig.calls("stop") - stops, begun ? 1 : 0, where)
    assert.strictEqual(shim.count("cycle", id), 1, where)
    const how = begun ? (shim.count("last", id) > 0 ? "asked about" : "heard") : "never begun"
    seen.set(how, (seen.get(how) ?? 0) + 1)
  }
  assert.isAtLeast(seen.get("asked about") ?? 0, 1)
  console.info(`PVE-04: ${JSON.stringify(Object.fromEntries(seen))}`)
}
