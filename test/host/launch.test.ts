import { assert, describe, it } from "@effect/vitest"
import { readFileSync, writeFileSync } from "node:fs"
import { eventually } from "./support/proc.ts"
import { makeRig, result, type Rig, type Shell, shells } from "./support/rig.ts"

/** sshd in a mount namespace where systemd looks booted and systemd-run is the test's own program. */
const underSystemd = async (shell: Shell, systemdRun: string): Promise<Rig> => {
  const mounts = [
    "mkdir -p DIR/systemd",
    "mount -t tmpfs tmpfs /run/systemd",
    "mkdir /run/systemd/system",
    ": >DIR/systemd/run && chmod 755 DIR/systemd/run",
    "mount --bind DIR/systemd/run /usr/bin/systemd-run"
  ]
  const rig = await makeRig({ shell, inside: mounts.join("\n") })
  const words = `echo "$*" >>${rig.dir}/systemd/asked\nwhile [ "$1" != -- ]; do shift; done; shift`
  writeFileSync(`${rig.dir}/systemd/run`, `#!/bin/sh\n${words}\n${systemdRun}\n`)
  return rig
}

describe.each(shells)("the worker's start under %s", { timeout: 120_000, concurrent: true }, (shell) => {
  it("systemd gets a unit of the operation's own, with a limit, and its protection is not the VM's", async () => {
    await using rig = await underSystemd(shell, 'setsid -f choom -n 300 -- "$@" </dev/null >/dev/null 2>&1')
    const op = rig.op()
    const answer = await rig.ssh(`start ${op}`)
    assert.strictEqual(answer.code, 0, answer.stdout)
    const asked = rig.read("systemd/asked")
    assert.match(asked, new RegExp(`^--quiet --collect --unit=breakglass-op-${op} --slice=breakglass.slice `))
    for (const property of ["KillMode=process", "RuntimeMaxSec=\\d+", "OOMScoreAdjust=-900"]) {
      assert.match(asked, new RegExp(` -p ${property} `))
    }
    assert.strictEqual(readFileSync(`/proc/${rig.vmPid()}/oom_score_adj`, "utf8"), "0\n")
  })

  it("forensics get a unit too, and no protection: a QEMU is worth more when memory runs out", async () => {
    await using rig = await underSystemd(shell, 'setsid -f "$@" </dev/null >/dev/null 2>&1')
    assert.strictEqual((await rig.ssh(`forensics ${rig.op()}`)).code, 0)
    assert.include(rig.read("systemd/asked"), " -p OOMScoreAdjust=0 ")
  })

  it("a systemd-run that fails is done without", async () => {
    await using rig = await underSystemd(shell, "exit 1")
    await rig.startVm()
    assert.strictEqual((await rig.ssh(`cycle ${rig.op()}`)).code, 0)
    assert.isTrue(rig.vmRuns())
  })

  it("a systemd-run that hangs is done without, and when it starts the worker after all, that worker does nothing", async () => {
    await using rig = await underSystemd(
      shell,
      `setsid -f sh -c 'until [ -e DIR/late ]; do sleep 0.1; done; "$@"; echo $? >DIR/late.rc' late "$@"\nwhile :; do sleep 1; done`
    )
    writeFileSync(`${rig.dir}/systemd/run`, rig.read("systemd/run").replaceAll("DIR", rig.dir))
    await rig.startVm()
    const op = rig.op()
    const answer = await rig.ssh(`cycle ${op}`)
    assert.deepStrictEqual([answer.code, result(answer).vm], [0, "running"])
    writeFileSync(`${rig.dir}/late`, "")
    await eventually("the late worker has ended", () => rig.read("late.rc") === "0\n")
    assert.deepStrictEqual([rig.calls("stop"), rig.calls("start")], [1, 1])
    assert.strictEqual((await rig.ssh(`cycle ${op}`)).stdout, answer.stdout)
  })

  it("an operation that no worker ever took up is told as that, once and for all", async () => {
    await using rig = await underSystemd(shell, "exit 0")
    const before = await rig.startVm()
    const op = rig.op()
    const answer = await rig.ssh(`cycle ${op}`)
    assert.deepStrictEqual([answer.code, result(answer).vm], [1, "running"])
    assert.match(answer.stdout, /^worker never started; last step: none$/m)
    const again = await rig.ssh(`cycle ${op}`)
    assert.deepStrictEqual([again.code, again.stdout], [1, answer.stdout])
    assert.deepStrictEqual([rig.vmPid(), rig.calls("stop")], [before, 0])
  })

  it("an operation that last was asked about before it arrived never runs, so that its answer stays true", async () => {
    await using rig = await makeRig({ shell })
    const before = await rig.startVm()
    const op = rig.op()
    assert.match((await rig.ssh(`last ${op}`)).stdout, new RegExp(`^breakglass-last op=${op} known=no$`, "m"))
    const late = await rig.ssh(`cycle ${op}`)
    assert.deepStrictEqual([late.code, rig.calls("stop"), rig.vmPid()], [2, 0, before])
    assert.match((await rig.ssh(`last ${op}`)).stdout, new RegExp(`^breakglass-last op=${op} known=no$`, "m"))
  })
})
