import { assert, describe, it } from "@effect/vitest"
import { readFileSync, writeFileSync } from "node:fs"
import { eventually } from "./support/proc.ts"
import { makeRig, result, type Rig, shells } from "./support/rig.ts"

const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, "0")
const startOf = (pid: number) => {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19])
}

/** As PVE::UPID writes it: UPID:node:pid:pstart:starttime:type:id:user: */
const task = (type: string, id: string, pid: number, start = startOf(pid)) =>
  `UPID:pve:${hex(pid)}:${hex(start)}:68000000:${type}:${id}:root@pam: 0\n`

const lock = (rig: Rig, kind: string) => writeFileSync(`${rig.dir}/pve/vm/lock`, `${kind}\n`)
const tasks = (rig: Rig, ...lines: ReadonlyArray<string>) => writeFileSync(`${rig.dir}/pve/tasks`, lines.join(""))

describe.each(shells)("Proxmox's locks under %s", { timeout: 120_000, concurrent: true }, (shell) => {
  it.each(["stop", "reset", "cycle"])(
    "HOST-20 %s is refused while the task that holds the lock lives",
    async (verb) => {
      await using rig = await makeRig({ shell })
      const before = await rig.startVm()
      lock(rig, "backup")
      tasks(rig, task("vzdump", "", process.pid))
      const answer = await rig.ssh(`${verb} ${rig.op()}`)
      assert.deepStrictEqual([answer.code, result(answer).vm], [75, "running"])
      assert.match(
        answer.stdout,
        new RegExp(`^refused: Proxmox lock 'backup', and its task lives: vzdump, pid ${process.pid}$`, "m")
      )
      assert.deepStrictEqual([rig.vmPid(), rig.vmRuns()], [before, true])
      assert.deepStrictEqual([rig.calls("stop"), rig.calls("unlock"), rig.calls("reset")], [0, 0, 0])
    }
  )

  it("HOST-20 a stale lock is cleared after QEMU is gone, on record, and the cycle ends running", async () => {
    await using rig = await makeRig({ shell })
    const before = await rig.startVm()
    lock(rig, "backup")
    const [dead, reused] = [task("vzdump", rig.vmid, 4_000_000, 1), task("vzdump", rig.vmid, process.pid, 1)]
    tasks(rig, "garbage\n", dead, reused, task("vzdump", "999", process.pid), task("qmstop", rig.vmid, process.pid))
    const answer = await rig.ssh(`cycle ${rig.op()}`)
    assert.strictEqual(answer.code, 0, answer.stdout)
    assert.match(answer.stdout, /^Proxmox lock 'backup' is stale: no live task$/m)
    assert.match(answer.stdout, /^cleared the stale Proxmox lock 'backup'$/m)
    assert.notStrictEqual(rig.vmPid(), before)
    assert.isTrue(rig.vmRuns())
    const order = rig
      .read("pve/calls")
      .split("\n")
      .map((line) => line.split(" ")[0])
    assert.isAbove(order.indexOf("unlock"), order.indexOf("stop"))
    assert.isAbove(order.indexOf("start"), order.indexOf("unlock"))
    await eventually("on record", () => rig.log().some((line) => line.includes(" UNLOCK lock=backup ")))
  })

  it.each(["migrate", "rollback", "create", "clone"])("HOST-20 a %s lock is never cleared by machine", async (kind) => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    lock(rig, kind)
    const answer = await rig.ssh(`cycle ${rig.op()}`)
    assert.deepStrictEqual([answer.code, result(answer).vm], [1, "running"])
    assert.match(answer.stdout, new RegExp(`^refused: Proxmox lock '${kind}' is not for a machine to clear$`, "m"))
    assert.deepStrictEqual([rig.calls("stop"), rig.calls("unlock")], [0, 0])
  })

  it("HOST-20 a hibernated VM's lock does not keep it from starting", async () => {
    await using rig = await makeRig({ shell })
    lock(rig, "suspended")
    assert.strictEqual((await rig.ssh(`start ${rig.op()}`)).code, 0)
    assert.deepStrictEqual([rig.calls("start"), rig.calls("unlock"), rig.vmRuns()], [1, 0, true])
  })

  it("HOST-20 a lock taken after the first look, by a task that lives, still stops the stop", async () => {
    await using rig = await makeRig({ shell, conf: { FORENSICS_SECS: "60", PROBE_SECS: "60" } })
    const before = await rig.startVm()
    tasks(rig, task("vzdump", rig.vmid, process.pid))
    rig.fault("pending", "held")
    const op = rig.op()
    const cycle = rig.ssh(`cycle ${op}`)
    await eventually("forensics run", () => rig.calls("pending") === 1)
    lock(rig, "backup")
    rig.mend("pending")
    const answer = await cycle
    assert.deepStrictEqual([answer.code, rig.vmPid(), rig.vmRuns()], [75, before, true], answer.stdout)
    assert.notInclude(answer.stdout, "SIGTERM")
  })

  it("HOST-20 a qm config that hangs is said and does not stop a cycle", async () => {
    await using rig = await makeRig({ shell, conf: { PROBE_SECS: "1" } })
    await rig.startVm()
    rig.fault("config", "hang")
    const answer = await rig.ssh(`cycle ${rig.op()}`)
    assert.strictEqual(answer.code, 0, answer.stdout)
    assert.match(answer.stdout, /^qm config does not answer: Proxmox's lock is not known$/m)
    assert.isTrue(rig.vmRuns())
  })
})
