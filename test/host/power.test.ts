import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs"
import { eventually } from "./support/proc.ts"
import { makeRig, phases, result, shells } from "./support/rig.ts"
import { run } from "./support/sshd.ts"

/** What a process has open, but what it closed meanwhile. */
const descriptorsOf = (pid: number): ReadonlyArray<string> =>
  readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)]
    } catch {
      return []
    }
  })

describe.each(shells)("power under %s", { timeout: 120_000, concurrent: true }, (shell) => {
  it("HOST-05 a qm status that hangs for ever does not keep a cycle from its end", async () => {
    await using rig = await makeRig({ shell, conf: { STATUS_SECS: "1", FORENSICS_SECS: "2" } })
    const before = await rig.startVm()
    rig.fault("status", "hang")
    const answer = await rig.ssh(`cycle ${rig.op()}`)
    assert.deepStrictEqual([answer.code, result(answer).vm], [0, "running"])
    assert.notStrictEqual(rig.vmPid(), before)
    assert.isTrue(rig.vmRuns())
  })

  it("HOST-05 status itself answers from the process table when qm does not", async () => {
    await using rig = await makeRig({ shell, conf: { STATUS_SECS: "1" } })
    const pid = await rig.startVm()
    rig.fault("status", "hang")
    const answer = await rig.ssh("status")
    assert.deepStrictEqual([answer.code, result(answer).vm], [0, "running"])
    assert.match(answer.stdout, new RegExp(`^breakglass-evidence op=- state=running pid=${pid} uptime=\\d+$`, "m"))
  })

  it.each(["fail", "hang"])("HOST-06 a qm stop that is to %s is followed by TERM and a start", async (fault) => {
    await using rig = await makeRig({ shell, conf: { STOP_SECS: "1" } })
    const before = await rig.startVm()
    rig.fault("stop", fault)
    const answer = await rig.ssh(`cycle ${rig.op()}`)
    assert.strictEqual(answer.code, 0, answer.stdout)
    assert.deepStrictEqual(phases(answer.stdout).slice(2), ["stopping", "killing", "starting", "verifying", "done"])
    assert.match(answer.stdout, new RegExp(`^SIGTERM to QEMU ${before}$`, "m"))
    assert.notInclude(answer.stdout, "SIGKILL")
    assert.isTrue(rig.vmRuns())
  })

  it("HOST-06 a QEMU that ignores TERM gets KILL, and the VM is started", async () => {
    await using rig = await makeRig({ shell, conf: { TERM_SECS: "1" } })
    writeFileSync(`${rig.dir}/pve/vm/deaf`, "")
    const before = await rig.startVm()
    rig.fault("stop", "fail")
    const answer = await rig.ssh(`cycle ${rig.op()}`)
    assert.strictEqual(answer.code, 0, answer.stdout)
    for (const signal of ["TERM", "KILL"])
      assert.match(answer.stdout, new RegExp(`^SIG${signal} to QEMU ${before}$`, "m"))
    assert.isTrue(rig.vmRuns())
  })

  it("HOST-19 a clock that jumps by years at every look at it moves no limit: the whole ladder, in its order and time", async () => {
    const jumping = `cp /usr/bin/date DIR/date.real
printf '#!/bin/sh\\necho >>DIR/looks\\nn=$(wc -l <DIR/looks)\\n' >DIR/date
echo 'exec DIR/date.real -d "$((n % 2 ? 9 * n : -9 * n)) years" "$@"' >>DIR/date
chmod 755 DIR/date
mount --bind DIR/date /usr/bin/date`
    await using rig = await makeRig({ shell, inside: jumping, conf: { STOP_SECS: "1", TERM_SECS: "1" } })
    writeFileSync(`${rig.dir}/pve/vm/deaf`, "")
    const before = await rig.startVm()
    rig.fault("stop", "hang")
    const op = rig.op()
    const answer = await rig.ssh(`cycle ${op}`)
    assert.strictEqual(answer.code, 0, answer.stdout)
    assert.deepStrictEqual(phases(answer.stdout).slice(2), ["stopping", "killing", "starting", "verifying", "done"])
    assert.match(answer.stdout, new RegExp(`SIGTERM to QEMU ${before}\n[^]*SIGKILL to QEMU ${before}\n`))
    const [, seconds] = /^breakglass-result .* secs=(\d+)$/m.exec(answer.stdout) ?? []
    assert.isAtLeast(Number(seconds), 2)
    assert.isAtMost(Number(seconds), 60)
    assert.isTrue(rig.vmRuns())
    assert.match((await rig.ssh(`last ${op}`)).stdout, / phase=done rc=0 /)
    const years = new Set(rig.log().map((line) => line.slice(0, 4)))
    assert.isAtLeast(years.size, 2, "the script's clock did jump")
  })

  it("HOST-06 stop ends off by the same ladder and starts nothing", async () => {
    await using rig = await makeRig({ shell, conf: { TERM_SECS: "1" } })
    writeFileSync(`${rig.dir}/pve/vm/deaf`, "")
    await rig.startVm()
    rig.fault("stop", "fail")
    const answer = await rig.ssh(`stop ${rig.op()}`)
    assert.deepStrictEqual([answer.code, result(answer).vm], [0, "stopped"])
    assert.match(answer.stdout, /^breakglass-evidence op=\S+ state=stopped pid=- uptime=-$/m)
    assert.isFalse(rig.vmRuns())
    assert.strictEqual(rig.calls("start"), 0)
  })

  it("HOST-09 start of a running VM and stop of a stopped one succeed and do nothing", async () => {
    await using rig = await makeRig({ shell })
    const before = await rig.startVm()
    const start = await rig.ssh(`start ${rig.op()}`)
    assert.deepStrictEqual([start.code, rig.calls("start"), rig.vmPid()], [0, 0, before])
    assert.match(start.stdout, /^already running$/m)
    await rig.ssh(`stop ${rig.op()}`)
    const stops = rig.calls("stop")
    const stop = await rig.ssh(`stop ${rig.op()}`)
    assert.deepStrictEqual([stop.code, rig.calls("stop"), result(stop).vm], [0, stops, "stopped"])
    assert.match(stop.stdout, /^already stopped$/m)
  })

  it("HOST-09 a cycle of a stopped VM ends running; a reset of one fails and says why", async () => {
    await using rig = await makeRig({ shell })
    const reset = await rig.ssh(`reset ${rig.op()}`)
    assert.deepStrictEqual([reset.code, result(reset).vm], [1, "stopped"])
    assert.match(reset.stdout, /^nothing to reset: VM \d+ has no QEMU process; start it instead$/m)
    const cycle = await rig.ssh(`cycle ${rig.op()}`)
    assert.deepStrictEqual([cycle.code, result(cycle).vm], [0, "running"])
    assert.isTrue(rig.vmRuns())
  })

  it("HOST-09 a reset keeps the process and says so; QEMU itself is asked where qm fails", async () => {
    await using rig = await makeRig({ shell })
    const before = await rig.startVm()
    const reset = await rig.ssh(`reset ${rig.op()}`)
    assert.strictEqual(reset.code, 0)
    assert.match(reset.stdout, new RegExp(`^breakglass-evidence op=\\S+ state=running pid=${before} uptime=\\d+$`, "m"))
    rig.fault("reset", "fail")
    const direct = await rig.ssh(`reset ${rig.op()}`)
    assert.strictEqual(direct.code, 0, direct.stdout)
    assert.strictEqual(rig.read("pve/vm/resets"), "1\n1\n")
    assert.strictEqual(rig.vmPid(), before)
  })

  it("HOST-10 a start that fails twice is tried a third time", async () => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    rig.fault("start", "fail 2")
    const answer = await rig.ssh(`cycle ${rig.op()}`)
    assert.deepStrictEqual([answer.code, rig.calls("start")], [0, 3])
    assert.match(answer.stdout, /^qm start, try 2 of 3: exit 255$/m)
    assert.isTrue(rig.vmRuns())
  })

  it("HOST-10 a start that always fails ends in 1, on record, and the VM's real state is told", async () => {
    await using rig = await makeRig({ shell, conf: { VERIFY_SECS: "1" } })
    await rig.startVm()
    rig.fault("start", "fail")
    const op = rig.op()
    const answer = await rig.ssh(`cycle ${op}`)
    assert.deepStrictEqual(
      [answer.code, result(answer).rc, result(answer).vm, rig.calls("start")],
      [1, 1, "stopped", 3]
    )
    await eventually("END rc=1", () =>
      rig.log().some((line) => line.includes(`op=${op} verb=cycle END rc=1 vm=stopped`))
    )
  })

  it("HOST-10 a VM that comes up without running, as with an I/O error, is not called started", async () => {
    await using rig = await makeRig({ shell, conf: { VERIFY_SECS: "1" } })
    await rig.startVm()
    writeFileSync(`${rig.dir}/pve/vm/word`, "io-error\n")
    const answer = await rig.ssh(`cycle ${rig.op()}`)
    assert.deepStrictEqual([answer.code, result(answer).vm], [1, "io-error"])
  })

  it("HOST-11 the VM that a start leaves behind holds neither the lock nor the ssh session", async () => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    const answer = await rig.ssh(`cycle ${rig.op()}`)
    assert.strictEqual(answer.code, 0)
    const pid = rig.vmPid()
    const open = descriptorsOf(pid)
    assert.deepStrictEqual(
      open.filter((path) => path.includes("/lock") || path.startsWith("pipe:")),
      []
    )
    // The worker ends a little after its answer; a VM that has the lock keeps it.
    assert.strictEqual((await run("flock", ["-w", "5", `${rig.dir}/run/${rig.vmid}/lock`, "true"])).code, 0)
    assert.isTrue(rig.vmRuns())
  })

  it("HOST-11 what a start leaves behind has root's usual umask and signals, and no protection from the OOM killer", async () => {
    await using rig = await makeRig({ shell })
    rig.program("start-vm", `umask >${rig.dir}/umask; cat /proc/self/status >${rig.dir}/signals; exec ${rig.vmCommand}`)
    assert.strictEqual((await rig.ssh(`start ${rig.op()}`)).code, 0)
    assert.match(rig.read("umask"), /^0*22\n$/)
    assert.strictEqual(readFileSync(`/proc/${rig.vmPid()}/oom_score_adj`, "utf8"), "0\n")
    const ignored = parseInt(/^SigIgn:\t(\w+)$/m.exec(rig.read("signals"))?.[1] ?? "", 16)
    const [hangup, pipe, terminate] = [1, 13, 15].map((signal) => (ignored >> (signal - 1)) & 1)
    assert.deepStrictEqual([hangup, pipe, terminate], [0, 0, 0])
  })
})
