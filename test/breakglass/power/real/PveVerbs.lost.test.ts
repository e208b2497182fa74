/** The host, the server or the page goes silent in the middle of a cycle, and comes back. */
import { assert, describe, it } from "@effect/vitest"
import { randomUUID } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import type { Operation } from "../../../../src/contract/Power.ts"
import { discard } from "../../../support/server/BreakglassServer.ts"
import { client, phase, phasesOf, type Power, startPower } from "../../../support/power/powerBench.ts"
import { cuts } from "../../../support/power/powerCuts.ts"

/** A cycle in the middle of its stop, which ends when that is mended, and a reader of it. */
const cycling = async (power: Power) => {
  power.rig.fault("stop", "held")
  const id = randomUUID()
  const reader = await power.watch()
  await power.ask("cycle", id)
  await reader.until(phase(id, "stopping"))
  return { id, reader }
}

const once = (power: Power, id: string) => {
  assert.strictEqual(power.shim.count("cycle", id), 1)
  assert.strictEqual(power.rig.calls("stop"), 1)
  assert.strictEqual(power.rig.calls("start"), 1)
  assert.isTrue(power.rig.vmRuns())
}

describe("in the middle of a cycle", { timeout: 90_000, concurrent: true }, () => {
  it("PVE-03 sshd freezes: the server asks, and is told when it thaws; nothing is sent twice", async () => {
    await using power = await startPower()
    const { id, reader } = await cycling(power)
    const frozen = [power.rig.sshdPid ?? 0, ...childrenOf(power.rig.sshdPid ?? 0)]
    assert.isAtLeast(frozen.length, 2)
    for (const pid of frozen) process.kill(pid, "SIGSTOP")
    const from = performance.now()
    await reader.until(phase(id, "asking the host"))
    assert.isAtMost(performance.now() - from, 40_000)
    assert.strictEqual((await power.get(id)).ended_at, null)
    power.rig.mend("stop")
    for (const pid of frozen) process.kill(pid, "SIGCONT")
    const operation = await power.ended(reader, id)
    await reader.close()
    assert.deepInclude(operation, { outcome: "ok", exit_code: 0, verified: true })
    assert.include(operation.output, "not responding")
    once(power, id)
  })

  it("PVE-04 the connection is lost at a random moment, 10 times: the VM runs, the outcome is the host's own", async () => {
    await using power = await startPower()
    await cuts(power, 10)
  })

  it("LIFE-02 the server is killed: its next life asks what became of it and never sends it again", async () => {
    await using power = await startPower()
    const { id } = await cycling(power)
    await power.server.stop("SIGKILL")
    const server = await power.again()
    const page = client(server)
    const before = await page.get(id)
    assert.deepInclude(before, { op_id: id, verb: "cycle" })
    power.rig.mend("stop")
    const operation = await page.ended(await page.watch(), id)
    assert.deepInclude(operation, { outcome: "ok", exit_code: 0, verified: true })
    assert.isAtLeast(power.shim.count("last", id), 1)
    once(power, id)
    await server.stop()
    const third = await power.again()
    assert.deepStrictEqual(await client(third).get(id), operation)
    once(power, id)
    await discard(third)
  })

  it("LIFE-03 the server is told to go: it does, the host goes on, and the next life hears how it ended", async () => {
    await using power = await startPower()
    const { id, reader } = await cycling(power)
    const from = performance.now()
    assert.strictEqual(await power.server.stop(), 0)
    assert.isAtMost(performance.now() - from, 10_000)
    await reader.ended
    assert.include(reader.text(), "event: bye")
    const server = await power.again()
    power.rig.mend("stop")
    const page = client(server)
    assert.deepInclude(await page.ended(await page.watch(), id), { outcome: "ok", verified: true })
    once(power, id)
    await discard(server)
  })

  it("PVE-12 the page goes away and comes back: the same operation, live", async () => {
    await using power = await startPower()
    const { id, reader } = await cycling(power)
    await reader.close()
    const again = await power.ask("cycle", id)
    assert.strictEqual(again.status, 202)
    assert.deepInclude((await again.json()) as Operation, { op_id: id, ended_at: null, outcome: null })
    power.rig.mend("stop")
    const later = await power.watch()
    assert.deepInclude(await power.ended(later, id), { outcome: "ok", verified: true })
    assert.deepStrictEqual(phasesOf(later, id).slice(0, 3), ["accepted", "forensics", "stopping"])
    assert.include(phasesOf(later, id), "verifying")
    await later.close()
    once(power, id)
  })

  it("PVE-12 a script that asked and waited is killed: the operation goes on to its end", async () => {
    await using power = await startPower()
    power.rig.fault("stop", "held")
    const gone = new AbortController()
    const asked = power.server.request("/api/pve/cycle", { method: "POST", signal: gone.signal }).catch(() => null)
    const reader = await power.watch()
    await reader.until((frame) => frame.data.includes('"phase":"stopping"'))
    gone.abort()
    assert.strictEqual(await asked, null)
    power.rig.mend("stop")
    const { operations } = (await (await power.server.request("/api/pve/ops")).json()) as {
      readonly operations: ReadonlyArray<Operation>
    }
    const { op_id = "" } = operations.find(({ verb }) => verb === "cycle") ?? {}
    assert.deepInclude(await power.ended(reader, op_id), { outcome: "ok", verified: true })
    await reader.close()
    once(power, op_id)
  })
})

const childrenOf = (parent: number): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "latin1")
        const ppid = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1])
        return ppid === parent ? [Number(name)] : []
      } catch {
        return []
      }
    })
