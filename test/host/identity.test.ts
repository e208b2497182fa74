import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { alive, eventually, under } from "./support/proc.ts"
import { makeRig, phases, result, type Rig, shells } from "./support/rig.ts"
import { powerless, stick } from "./support/stuck.ts"

/** A process of our own that sleeps, with that executable and those arguments, started by what `by` names. */
const bystander = async (
  rig: Rig,
  exe: string,
  args: ReadonlyArray<string>,
  by: ReadonlyArray<string> = []
): Promise<number> => {
  const own = randomUUID()
  const path = `${rig.dir}/pve/bin/${exe}`
  const [command = path, ...words] = [...by, path, "-e", "sleep 600", "--", ...args, own]
  spawn(command, words, { stdio: "ignore", detached: true }).unref()
  return eventually(`${exe} runs`, () => under(rig.dir).find((one) => one.exe === path && one.argv.includes(own))?.pid)
}

/** The VM in everything that its own argv and executable say, and yet not: of another user, and of a container's root. */
const foreign = (rig: Rig) =>
  Promise.all([
    bystander(rig, "kvm", ["-id", rig.vmid], ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]),
    bystander(rig, "kvm", ["-id", rig.vmid], ["unshare", "--pid", "--fork"])
  ])

describe.each(shells)("the process that is signalled under %s", { timeout: 120_000, concurrent: true }, (shell) => {
  it("HOST-08 neighbours, look-alikes and whoever a stale pidfile names are left alone", async () => {
    await using rig = await makeRig({ shell, conf: { TERM_SECS: "1" } })
    writeFileSync(`${rig.dir}/pve/vm/deaf`, "")
    const target = await rig.startVm()
    const id = rig.vmid
    const innocent = await Promise.all([
      bystander(rig, "kvm", ["-id", `${id}3`, "-name", "neighbour"]),
      bystander(rig, "kvm", ["-id", id.slice(0, -1), "-name", "neighbour"]),
      bystander(rig, "kvm", ["-name", `x\n-id\n${id}\n`]),
      bystander(rig, "kvm", [`-id ${id}`]),
      bystander(rig, "kvm", ["-idx", id, "-id"]),
      bystander(rig, "kvm", [id, "-id"]),
      bystander(rig, "kvm", ["-id", "-name", id]),
      bystander(rig, "kvm", ["-id", `${id} `]),
      bystander(rig, "notqemu", ["-id", id]),
      bystander(rig, "notqemu", ["kvm", "-id", id])
    ])
    innocent.push(...(await foreign(rig)))
    rig.fault("stop", "fail")
    const answer = await rig.ssh(`cycle ${rig.op()}`)
    assert.strictEqual(answer.code, 0, answer.stdout)
    assert.isFalse(alive(target))
    assert.deepStrictEqual(
      innocent.map(alive),
      innocent.map(() => true)
    )
    const signalled = Array.from(answer.stdout.matchAll(/^SIG\S+ to QEMU (\d+)$/gm), (match) => Number(match[1]))
    assert.deepStrictEqual([...new Set(signalled)], [target])
  })

  it("HOST-08 another user's kvm with its id, or a container's, is not the VM: it does not run, and start starts it", async () => {
    await using rig = await makeRig({ shell })
    const look = await foreign(rig)
    assert.match((await rig.ssh("status")).stdout, /^breakglass-evidence op=- state=stopped pid=- uptime=-$/m)
    const answer = await rig.ssh(`start ${rig.op()}`)
    assert.deepStrictEqual([answer.code, rig.calls("start"), rig.vmRuns()], [0, 1, true], answer.stdout)
    assert.include(answer.stdout, ` state=running pid=${rig.vmPid()} `)
    assert.deepStrictEqual(look.map(alive), [true, true])
  })

  it("HOST-08 with the VM gone and its pidfile naming a stranger, nothing is signalled and the VM is started", async () => {
    await using rig = await makeRig({ shell })
    const stranger = await bystander(rig, "notqemu", ["-id", rig.vmid])
    writeFileSync(`${rig.dir}/pve/vm/pid`, `${stranger}\n`)
    rig.fault("stop", "fail")
    rig.fault("status", "fail")
    const answer = await rig.ssh(`cycle ${rig.op()}`)
    assert.strictEqual(answer.code, 0, answer.stdout)
    assert.notInclude(answer.stdout, " to QEMU ")
    assert.isTrue(alive(stranger))
    assert.isTrue(rig.vmRuns())
  })

  it("HOST-08 a QEMU whose binary was upgraded under it is still recognised", async () => {
    await using rig = await makeRig({ shell })
    const pid = await rig.startVm()
    rmSync(`${rig.dir}/pve/bin/kvm`)
    copyFileSync("/usr/bin/perl", `${rig.dir}/pve/bin/kvm`)
    assert.match((await rig.ssh("status")).stdout, new RegExp(`state=running pid=${pid} `))
  })

  it("HOST-08 kvm as a link is known by what it links to, as on Proxmox", async () => {
    await using rig = await makeRig({ shell })
    mkdirSync(`${rig.dir}/pve/real`)
    copyFileSync("/usr/bin/perl", `${rig.dir}/pve/real/qemu-system-x86_64`)
    rmSync(`${rig.dir}/pve/bin/kvm`)
    symlinkSync(`${rig.dir}/pve/real/qemu-system-x86_64`, `${rig.dir}/pve/bin/kvm`)
    const pid = await rig.startVm()
    assert.match((await rig.ssh("status")).stdout, new RegExp(`state=running pid=${pid} `))
  })

  it("HOST-07 a QEMU that outlives KILL ends in 20, asks for a reboot of the host, and no start is tried", async () => {
    await using rig = await makeRig({
      shell,
      wrap: powerless,
      conf: { STOP_SECS: "1", TERM_SECS: "1", KILL_SECS: "1" }
    })
    stick(rig)
    const pid = await rig.startVm()
    const op = rig.op()
    const answer = await rig.ssh(`cycle ${op}`)
    assert.deepStrictEqual(result(answer), { op, verb: "cycle", rc: 20, vm: "running" })
    assert.strictEqual(answer.code, 20)
    assert.match(
      answer.stdout,
      new RegExp(`^unkillable: QEMU ${pid} outlived SIGKILL; only a reboot of the host ends it$`, "m")
    )
    assert.deepStrictEqual(phases(answer.stdout).slice(2), ["stopping", "killing", "done"])
    assert.strictEqual(rig.calls("start"), 0)
    assert.isTrue(alive(pid))
  })
})
