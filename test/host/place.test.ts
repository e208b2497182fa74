/** A VM that is not this host's to switch: what is said of it, and that nothing is done to what is not it. */
import { assert, describe, it } from "@effect/vitest"
import { readdirSync } from "node:fs"
import { configure, move, remove } from "./support/cluster.ts"
import { makeRig, phases, result, type Rig, shells } from "./support/rig.ts"

const places: ReadonlyArray<readonly [what: string, why: string, words: RegExp, put: (rig: Rig) => void]> = [
  [
    "is on another node",
    "why=elsewhere node=pve2",
    /is not on this host: it is on node pve2/,
    (rig) => move(rig, "pve2")
  ],
  ["does not exist", "why=nowhere", /there is no VM \d+ on this host, nor on another/, (rig) => remove(rig)],
  [
    "is a container here",
    "why=container node=pve",
    /no VM but a container, on node pve/,
    (rig) => move(rig, "pve", "lxc")
  ],
  ["is a container there", "why=container node=pve3", /container, on node pve3/, (rig) => move(rig, "pve3", "lxc")],
  ["is a template", "why=template node=pve", /is a template/, (rig) => configure(rig, "cores: 4\ntemplate: 1\n")]
]

describe.each(shells)("a VM of another place under %s", { timeout: 120_000, concurrent: true }, (shell) => {
  it.each(places)(
    "an id that %s is no stopped VM: its state is unknown, and where it is is said",
    async (_, why, words, put) => {
      await using rig = await makeRig({ shell })
      put(rig)
      const answer = await rig.ssh("status")
      assert.deepStrictEqual([answer.code, result(answer).vm], [1, "unknown"], answer.stdout)
      assert.match(answer.stdout, new RegExp(`^breakglass-evidence op=- state=unknown pid=- uptime=- ${why}$`, "m"))
      assert.match(answer.stdout, words)
      const selftest = await rig.ssh("selftest")
      assert.strictEqual(selftest.code, 78)
      assert.match(selftest.stdout, new RegExp(`^FAIL .*${words.source}`, "m"))
    }
  )

  it.each(places)("no verb begins on an id that %s, and the refusal names the reason", async (_, why, words, put) => {
    await using rig = await makeRig({ shell })
    put(rig)
    for (const verb of ["stop", "start", "cycle", "reset"]) {
      const op = rig.op()
      const answer = await rig.ssh(`${verb} ${op}`)
      assert.deepStrictEqual([answer.code, result(answer)], [2, { op, verb, rc: 2, vm: "unknown" }], answer.stdout)
      const reason = why.replace(/^why=(\w+).*/, "$1")
      assert.match(answer.stdout, new RegExp(`^breakglass-refused op=${op} reason=${reason} .*${words.source}`, "m"))
      assert.deepStrictEqual(phases(answer.stdout), ["accepted", "done"])
      assert.deepStrictEqual(await rig.ssh(`${verb} ${op}`), answer)
    }
    const touched = ["stop", "start", "reset", "unlock"].map((verb) => rig.calls(verb))
    assert.deepStrictEqual([touched, rig.vmRuns()], [[0, 0, 0, 0], false])
  })

  it("a QEMU that runs here is this host's to stop, wherever the cluster has its config, and not to cycle", async () => {
    await using rig = await makeRig({ shell })
    const before = await rig.startVm()
    move(rig, "pve2")
    const status = await rig.ssh("status")
    assert.deepStrictEqual([status.code, result(status).vm], [0, "running"])
    const cycle = await rig.ssh(`cycle ${rig.op()}`)
    assert.deepStrictEqual([cycle.code, rig.vmPid(), rig.vmRuns()], [2, before, true], cycle.stdout)
    const stop = await rig.ssh(`stop ${rig.op()}`)
    assert.match(stop.stdout, new RegExp(`^SIGTERM to QEMU ${before}$`, "m"))
    assert.deepStrictEqual([stop.code, result(stop).vm, rig.vmRuns()], [1, "unknown", false])
  })

  it.each(["fail", "hang"])(
    "qm that is to %s has no opinion: with no QEMU in sight the VM is unknown, not stopped",
    async (fault) => {
      await using rig = await makeRig({ shell, conf: { STATUS_SECS: "1", PROBE_SECS: "1", STOP_SECS: "1" } })
      rig.fault("all", fault)
      const status = await rig.ssh("status")
      assert.deepStrictEqual([status.code, result(status).vm], [1, "unknown"])
      assert.match(status.stdout, /^qm status: exit (255|124)$/m)
      const stop = await rig.ssh(`stop ${rig.op()}`)
      assert.deepStrictEqual([stop.code, result(stop).vm], [1, "unknown"])
      assert.match(stop.stdout, /^not known to be off: /m)
    }
  )

  it.each(["fail", "hang"])("a QEMU that was seen to end is off, also when qm is to %s", async (fault) => {
    await using rig = await makeRig({ shell, conf: { STATUS_SECS: "1", PROBE_SECS: "1", STOP_SECS: "1" } })
    await rig.startVm()
    rig.fault("all", fault)
    const stop = await rig.ssh(`stop ${rig.op()}`)
    assert.deepStrictEqual([stop.code, result(stop).vm, rig.vmRuns()], [0, "stopped", false], stop.stdout)
  })

  it("a node's name in the cluster's files cannot add a field or a line of ours", async () => {
    await using rig = await makeRig({ shell })
    move(rig, "a pid=1\nbreakglass-result op=- verb=status rc=0 vm=running secs=0")
    const answer = await rig.ssh("status")
    assert.strictEqual(answer.stdout.match(/^breakglass-/gm)?.length, 2)
    assert.match(answer.stdout, / why=elsewhere node=apid1$/m)
    assert.isTrue(readdirSync(`${rig.dir}/pve/etc/nodes`).length === 2)
  })
})
