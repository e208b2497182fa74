import { assert, describe, it } from "@effect/vitest"
import { readlinkSync } from "node:fs"
import { connect } from "node:net"
import { startPower } from "../support/power/powerBench.ts"
import { readPng } from "../support/text/png.ts"
import { alive, eventually } from "./support/proc.ts"
import { makeRig, phases, result, type Rig, type Shell, shells } from "./support/rig.ts"
import { run } from "./support/sshd.ts"

const qemu = "/usr/bin/qemu-system-x86_64"

/**
 * Real QEMU behind the fake qm, which asks it over QMP as Proxmox's does. Only Proxmox's own build takes "-id VMID", so the
 * pair that names this VM is "-name VMID", set by IDENT_FLAG.
 */
const conf = { IDENT_FLAG: "-name", FORENSICS_SECS: "30", TERM_SECS: "1" }
const qemuRig = async (shell: Shell, display = "-vga std") => withQemu(await makeRig({ shell, conf }), display)

const withQemu = async (rig: Rig, display: string) => {
  const vm = `${rig.dir}/pve/vm`
  const sockets = ["qmp", "events"].map((name) => `-qmp unix:${vm}/${name},server=on,wait=off`).join(" ")
  const machine = `-machine pc,accel=tcg -nodefaults -m 32 -display none ${display}`
  rig.program("start-vm", `exec ${qemu} ${machine} -name ${rig.vmid} ${sockets} -pidfile ${vm}/pid -daemonize`)
  rig.program("stop-vm", `exec ${rig.dir}/libexec/breakglass-qmp ${vm}/qmp quit`)
  rig.program("reset-vm", `exec ${rig.dir}/libexec/breakglass-qmp ${vm}/qmp system_reset`)
  await rig.startVm()
  assert.strictEqual(readlinkSync(`/proc/${rig.vmPid()}/exe`), qemu)
  return rig
}

/** The names of QEMU's own events from now on: a monitor of the test's, which hears none before it has been greeted. */
const events = async (rig: Rig) => {
  let heard = ""
  const socket = connect(`${rig.dir}/pve/vm/events`, () => socket.write('{"execute":"qmp_capabilities"}\n'))
  socket.on("data", (chunk) => (heard += chunk.toString()))
  socket.on("error", ({ message }) => (heard += message))
  await eventually("QEMU greets the test", () => heard.includes('{"return": {}}')).catch((cause: unknown) => {
    throw new Error(`heard: ${heard}`, { cause })
  })
  return { saw: (name: string) => heard.includes(`"event": "${name}"`), close: () => socket.destroy() }
}

describe.each(shells)("a real QEMU under %s", { timeout: 120_000, concurrent: true }, (shell) => {
  it("HOST-09 reset resets the guest in the same process; QEMU's own event says so", async () => {
    await using rig = await qemuRig(shell)
    const before = rig.vmPid()
    const monitor = await events(rig)
    const answer = await rig.ssh(`reset ${rig.op()}`)
    assert.deepStrictEqual([answer.code, result(answer).vm], [0, "running"], answer.stdout)
    await eventually("QEMU says RESET", () => monitor.saw("RESET"))
    monitor.close()
    assert.strictEqual(rig.vmPid(), before)
    rig.fault("reset", "fail")
    const again = await events(rig)
    assert.strictEqual((await rig.ssh(`reset ${rig.op()}`)).code, 0)
    await eventually("QEMU says RESET without qm", () => again.saw("RESET"))
    again.close()
  })

  it("HOST-09 stop ends the process, start makes one, cycle makes another, and each gives its pid as evidence", async () => {
    await using rig = await qemuRig(shell)
    const first = rig.vmPid()
    const stop = await rig.ssh(`stop ${rig.op()}`)
    assert.deepStrictEqual([stop.code, result(stop).vm, alive(first)], [0, "stopped", false])
    const start = await rig.ssh(`start ${rig.op()}`)
    const second = rig.vmPid()
    assert.match(start.stdout, new RegExp(`^breakglass-evidence op=\\S+ state=running pid=${second} uptime=\\d+$`, "m"))
    const cycle = await rig.ssh(`cycle ${rig.op()}`)
    assert.deepStrictEqual(phases(cycle.stdout), ["accepted", "forensics", "stopping", "starting", "verifying", "done"])
    assert.deepStrictEqual([cycle.code, alive(second), rig.vmRuns()], [0, false, true])
    assert.include(cycle.stdout, ` state=running pid=${rig.vmPid()} `)
  })

  it("HOST-06 a QEMU that is frozen, and so deaf to QMP and TERM, is killed and started anew", async () => {
    await using rig = await qemuRig(shell)
    const frozen = rig.vmPid()
    process.kill(frozen, "SIGSTOP")
    rig.conf({ IDENT_FLAG: "-name", FORENSICS_SECS: "3", PROBE_SECS: "2", STOP_SECS: "1", TERM_SECS: "1" })
    const screen = await rig.ssh("screen")
    assert.deepStrictEqual([screen.code, screen.stdout.split("\n")[0]], [1, "no picture: QEMU does not answer"])
    const answer = await rig.ssh(`cycle ${rig.op()}`)
    assert.strictEqual(answer.code, 0, answer.stdout)
    assert.match(answer.stdout, new RegExp(`^SIGKILL to QEMU ${frozen}$`, "m"))
    assert.deepStrictEqual([alive(frozen), rig.vmRuns()], [false, true])
  })

  it("forensics hold QEMU's own answers, every thread, and the disks' counters twice", async () => {
    await using rig = await qemuRig(shell, "-vga std -drive if=ide,driver=null-co,id=disk0,size=1M")
    const { stdout } = await rig.ssh(`forensics ${rig.op()}`)
    assert.match(stdout, /^# query-status\n\{"return": \{"status": "running",$/m)
    assert.strictEqual(stdout.match(/^# query-blockstats$/gm)?.length, 2)
    assert.include(stdout, '"device": "disk0"')
    const names = Array.from(stdout.matchAll(/^thread (.+): state=\w wchan=\S+ tid=\d+$/gm), (match) => match[1])
    assert.isAtLeast(names.length, 2, names.join())
  })

  it("screen is a picture of the real screen, and a headless VM has none", async () => {
    // Not set going: a boot changes the size of the screen, and it is looked at twice.
    await using rig = await qemuRig(shell, "-vga std -S")
    const { stdout, code } = await rig.ssh("screen")
    assert.strictEqual(code, 0)
    const lines = stdout.split("\n")
    const bytes = Number(/^breakglass-screen op=- format=ppm encoding=base64 bytes=(\d+)$/.exec(lines[0] ?? "")?.[1])
    const picture = Buffer.from(lines.slice(1, -2).join(""), "base64")
    const [, width, height] = /^P6\n(\d+) (\d+)\n255\n/.exec(picture.subarray(0, 30).toString("latin1")) ?? []
    assert.strictEqual(picture.length, bytes)
    assert.strictEqual(picture.length, `P6\n${width} ${height}\n255\n`.length + Number(width) * Number(height) * 3)
    rig.conf({ IDENT_FLAG: "-name", SCREEN_KB: "10" })
    const large = await rig.ssh("screen")
    assert.deepStrictEqual(
      [large.code, large.stdout.split("\n")[0]],
      [1, `no picture: ${bytes} bytes are over the limit of 10 KiB`]
    )

    await using headless = await qemuRig(shell, "-vga none")
    const none = await headless.ssh("screen")
    assert.deepStrictEqual([none.code, none.stdout.split("\n")[0]], [0, "no display"])
  })

  it("HOST-08 the neighbour's QEMU is not touched", async () => {
    await using rig = await qemuRig(shell)
    const pidfile = `${rig.dir}/pve/vm/neighbour`
    const machine = ["-machine", "none", "-display", "none", "-name", `${rig.vmid}3`, "-pidfile", pidfile, "-daemonize"]
    assert.strictEqual((await run(qemu, machine)).code, 0)
    const neighbour = Number(rig.read("pve/vm/neighbour"))
    rig.fault("stop", "fail")
    const answer = await rig.ssh(`cycle ${rig.op()}`)
    assert.deepStrictEqual([answer.code, alive(neighbour), rig.vmRuns()], [0, true, true])
  })
})

describe("a real QEMU behind the server", { timeout: 120_000 }, () => {
  it("SCREEN-02 shows its screen as a PNG, pixel for pixel what QEMU drew", async () => {
    await using power = await startPower({ conf, initially: "stopped" })
    // Not set going, or its cursor would blink between the two looks.
    await withQemu(power.rig, "-vga std -S")
    const { stdout } = await power.rig.ssh("screen")
    const drawn = Buffer.from(stdout.split("\n").slice(1, -2).join(""), "base64")
    const answer = await power.server.request("/api/pve/screen")
    assert.strictEqual(answer.status, 200)
    const { width, height, pixels } = readPng(await answer.bytes())
    assert.isTrue(Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), pixels]).equals(drawn))
    assert.isAbove(new Set(pixels).size, 1, "there is something on it")
  })
})
