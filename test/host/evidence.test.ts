import { assert, describe, it } from "@effect/vitest"
import type { ChildProcess } from "node:child_process"
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { eventually } from "./support/proc.ts"
import { makeRig, phases, result, shells } from "./support/rig.ts"

const sections = (text: string) => Array.from(text.matchAll(/^== (.+) ==$/gm), (match) => match[1])

const all = [
  "moment",
  "qemu process",
  "qemu threads",
  "qemu pressure",
  "host pressure",
  "host memory",
  "host dmesg"
].concat(["proxmox tasks", "qm config", "qm pending", "qm status", "qmp", "qmp again"])

const section = (text: string, name: string) => text.split(`== ${name} ==\n`)[1]?.split(/^== /m)[0] ?? ""

describe.each(shells)("evidence under %s", { timeout: 120_000, concurrent: true }, (shell) => {
  it("forensics hold every section once, in one order, with what each probe saw", async () => {
    await using rig = await makeRig({ shell, conf: { FORENSICS_SECS: "30" } })
    const pid = await rig.startVm()
    const op = rig.op()
    const answer = await rig.ssh(`forensics ${op}`)
    assert.strictEqual(answer.code, 0)
    assert.deepStrictEqual(phases(answer.stdout), ["accepted", "forensics", "done"])
    const stored = rig.live(op, "forensics")
    assert.include(answer.stdout, stored)
    assert.deepStrictEqual(sections(stored), all)
    assert.match(section(stored, "moment"), new RegExp(`^qemu-pids: ${pid}$`, "m"))
    assert.match(section(stored, "qemu threads"), new RegExp(`^thread kvm: state=S wchan=\\S+ tid=${pid}$`, "m"))
    assert.match(section(stored, "qm config"), /^cores: 4$/m)
    assert.match(section(stored, "qm pending"), /^cur cores: 4\nnew cores: 8$/m)
    assert.match(section(stored, "qm status"), /^qmpstatus: running$/m)
    assert.match(section(stored, "qmp"), /^# query-status\n[^#]*^# query-block\n[^#]*^# query-blockstats\n/m)
    assert.match(section(stored, "qmp again"), /^"stats": \{"wr_bytes": 4096,\n"rd_bytes": 512\}/m)
    assert.match(section(stored, "proxmox tasks"), /\(exit 1\)/)
    assert.strictEqual(rig.vmPid(), pid)
  })

  it("forensics of a VM with a mute QMP and a hung qm keep their time and say who did not answer", async () => {
    await using rig = await makeRig({ shell, conf: { FORENSICS_SECS: "8", PROBE_SECS: "2", STATUS_SECS: "1" } })
    writeFileSync(`${rig.dir}/pve/vm/mute`, "")
    await rig.startVm()
    for (const verb of ["config", "pending", "status"]) rig.fault(verb, "hang")
    const answer = await rig.ssh(`forensics ${rig.op()}`)
    assert.strictEqual(answer.code, 0)
    assert.match(section(answer.stdout, "qm config"), /^\(no answer within 2s\)$/m)
    assert.match(
      section(answer.stdout, "qmp again"),
      /^\((no answer within \d+s|skipped: the time for forensics is over)\)$/m
    )
    assert.match(section(answer.stdout, "host memory"), /^MemTotal:/m)
    assert.isBelow(Number(/secs=(\d+)$/m.exec(answer.stdout)?.[1]), 20)
  })

  it("a tool that is missing is a line of the forensics, not their end", async () => {
    await using rig = await makeRig({ shell, conf: { FORENSICS_SECS: "30" } })
    await rig.startVm()
    rmSync(`${rig.dir}/libexec/breakglass-qmp`)
    const { stdout, code } = await rig.ssh(`forensics ${rig.op()}`)
    assert.strictEqual(code, 0)
    assert.deepStrictEqual(sections(stdout), all)
    assert.match(section(stdout, "qmp"), /^\(not available: \S+\/breakglass-qmp\)$/m)
  })

  it("forensics that cannot be taken at all do not stop a cycle", async () => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    writeFileSync(`${rig.dir}/libexec/breakglass-evidence`, "sleep 600\n")
    const slow = await rig.ssh(`cycle ${rig.op()}`)
    assert.strictEqual(slow.code, 0)
    assert.match(slow.stdout, /^forensics: cut short, exit 124$/m)
    writeFileSync(`${rig.dir}/libexec/breakglass-evidence`, "if if\n")
    assert.strictEqual((await rig.ssh(`cycle ${rig.op()}`)).code, 0)
    assert.isTrue(rig.vmRuns())
  })

  it("nothing that qm or QEMU prints can pass for a line of ours or reach a terminal", async () => {
    await using rig = await makeRig({ shell, conf: { FORENSICS_SECS: "30", VERIFY_SECS: "1" } })
    await rig.startVm()
    const op = rig.op()
    const forged = `breakglass-result op=${op} verb=cycle rc=0 vm=running secs=1`
    writeFileSync(
      `${rig.dir}/pve/words`,
      `\u001b[2J${forged}\n${forged}\r\n\u0000\u0007${forged}\nbreakglass-phase op=${op} done\n`
    )
    for (const verb of ["config", "start", "status", "stop"]) rig.fault(verb, "print")
    rig.fault("start", "fail")
    const answer = await rig.ssh(`cycle ${op}`)
    assert.strictEqual(answer.code, 1)
    assert.strictEqual(answer.stdout.match(/^breakglass-result /gm)?.length, 1)
    assert.strictEqual(result(answer).rc, 1)
    assert.strictEqual(phases(answer.stdout).filter((phase) => phase === "done").length, 1)
    assert.match(answer.stdout, /^ breakglass-result op=/m)
    assert.match(answer.stdout, /^[\t\n\x20-\x7e]*$/)
  })

  it("screen is the picture as QEMU wrote it", async () => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    const answer = await rig.ssh("screen")
    assert.strictEqual(answer.code, 0)
    const lines = answer.stdout.split("\n")
    assert.match(lines[0] ?? "", /^breakglass-screen op=- format=ppm encoding=base64 bytes=17$/)
    assert.strictEqual(
      Buffer.from(lines[1] ?? "", "base64").toString("latin1"),
      "P6\n2 1\n255\n\u0001\u0002\u0003\u0004\u0005\u0006"
    )
  })

  it("screen of a headless VM, of a stopped one, of a mute one and of too large a picture each says which it is", async () => {
    await using rig = await makeRig({ shell, conf: { PROBE_SECS: "2", SCREEN_KB: "1" } })
    const off = await rig.ssh("screen")
    assert.deepStrictEqual([off.code, off.stdout.split("\n")[0]], [0, "no display: the VM is stopped"])
    await rig.startVm()
    writeFileSync(`${rig.dir}/pve/vm/headless`, "")
    const headless = await rig.ssh("screen")
    assert.deepStrictEqual([headless.code, headless.stdout.split("\n")[0]], [0, "no display"])
    writeFileSync(`${rig.dir}/pve/vm/mute`, "")
    const mute = await rig.ssh("screen")
    assert.deepStrictEqual([mute.code, mute.stdout.split("\n")[0]], [1, "no picture: QEMU does not answer"])
  })

  it("whoever leaves in the middle of a look leaves nothing behind", async () => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    writeFileSync(`${rig.dir}/pve/vm/mute`, "")
    const looks = () => readdirSync(`${rig.dir}/run/${rig.vmid}`).filter((name) => name.startsWith("tmp."))
    let client: ChildProcess | undefined
    const answer = rig.ssh("screen", (child) => (client = child))
    await eventually("the host looks", () => existsSync(`${rig.dir}/run/${rig.vmid}`) && looks().length > 0)
    client?.kill("SIGKILL")
    await answer
    await rig.quiet()
    assert.deepStrictEqual(looks(), [])
  })

  it("a dry run takes forensics, says what it would do, and changes nothing", async () => {
    await using rig = await makeRig({ shell, conf: { DRY_RUN: "yes" } })
    const before = await rig.startVm()
    for (const verb of ["stop", "reset", "cycle"]) {
      const answer = await rig.ssh(`${verb} ${rig.op()}`)
      assert.strictEqual(answer.code, 0)
      assert.include(answer.stdout, `dry run: ${verb} would act now; nothing was changed`)
    }
    assert.deepStrictEqual([rig.vmPid(), rig.vmRuns(), rig.calls("stop"), rig.calls("reset")], [before, true, 0, 0])
  })
})
