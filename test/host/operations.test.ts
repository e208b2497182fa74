import { assert, describe, it } from "@effect/vitest"
import { rmSync } from "node:fs"
import { alive, end, eventually, sweep, under } from "./support/proc.ts"
import { makeRig, phases, result, type Rig, shells } from "./support/rig.ts"
import { run } from "./support/sshd.ts"

const started = (rig: Rig, op: string, phase: string) =>
  eventually(`${op} is ${phase}`, () => phases(rig.live(op, "out")).includes(phase))

const workerPid = (rig: Rig, op: string) => Number(rig.live(op, "worker").split(" ")[0])

/** What runs of the host but sshd, and but those named. */
const besides = (rig: Rig, pids: ReadonlyArray<number>) =>
  under(rig.dir).filter(({ pid, argv }) => !pids.includes(pid) && !argv.join(" ").includes("sshd"))

const lockIsFree = async (rig: Rig) =>
  (await run("flock", ["-w", "5", `${rig.dir}/run/${rig.vmid}/lock`, "true"])).code === 0

describe.each(shells)("operations under %s", { timeout: 120_000, concurrent: true }, (shell) => {
  it("a cycle tells its phases in order, gives evidence and ends with its result", async () => {
    await using rig = await makeRig({ shell })
    const before = await rig.startVm()
    const op = rig.op()
    const answer = await rig.ssh(`cycle ${op}`)
    assert.deepStrictEqual(result(answer), { op, verb: "cycle", rc: 0, vm: "running" })
    assert.deepStrictEqual(phases(answer.stdout), [
      "accepted",
      "forensics",
      "stopping",
      "starting",
      "verifying",
      "done"
    ])
    const evidence = new RegExp(`^breakglass-evidence op=${op} state=running pid=(\\d+) uptime=\\d+$`, "m").exec(
      answer.stdout
    )
    assert.strictEqual(Number(evidence?.[1]), rig.vmPid())
    assert.notStrictEqual(rig.vmPid(), before)
    const records = await eventually("both records", () => rig.log().length === 2 && rig.log())
    assert.match(records[0] ?? "", new RegExp(`op=${op} verb=cycle BEGIN rc=- vm=- secs=0 src=127.0.0.1$`))
    assert.match(records[1] ?? "", new RegExp(`op=${op} verb=cycle END rc=0 vm=running secs=\\d+ src=127.0.0.1$`))
  })

  it("HOST-03 a second cycle during the first is busy, names the holder, and stops nothing", async () => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    rig.fault("stop", "held")
    const [first, second] = [rig.op(), rig.op()]
    const running = rig.ssh(`cycle ${first}`)
    await started(rig, first, "stopping")
    const busy = await rig.ssh(`cycle ${second}`)
    assert.strictEqual(busy.code, 75)
    assert.strictEqual(result(busy).rc, 75)
    assert.match(busy.stdout, new RegExp(`^busy: op=${first} verb=cycle src=127.0.0.1 since=\\S+Z$`, "m"))
    rig.mend("stop")
    assert.strictEqual((await running).code, 0)
    assert.strictEqual(rig.calls("stop"), 1)
    await eventually("the refusal is on record", () =>
      rig.log().some((line) => line.includes(`${second} verb=cycle BUSY rc=75`))
    )
    const again = await rig.ssh(`cycle ${second}`)
    assert.deepStrictEqual([again.code, again.stdout], [75, busy.stdout])
  })

  it("HOST-04 the same op id attaches while it runs and is replayed to the byte afterwards", async () => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    rig.fault("stop", "held")
    const op = rig.op()
    const heard = ["", "", ""]
    const clients = heard.map((_, at) =>
      rig.ssh(`cycle ${op}`, (child) => child.stdout?.on("data", (chunk: Buffer) => (heard[at] += chunk.toString())))
    )
    await eventually("all three follow", () => heard.every((text) => phases(text).includes("stopping")))
    rig.mend("stop")
    const answers = await Promise.all(clients)
    const replay = await rig.ssh(`cycle ${op}`)
    for (const answer of [...answers, replay]) assert.deepStrictEqual([answer.code, answer.stdout], [0, replay.stdout])
    assert.strictEqual(result(replay).op, op)
    assert.deepStrictEqual([rig.calls("stop"), rig.calls("start")], [1, 1])
  })

  it("HOST-04 an op id of another verb is rejected and nothing is run", async () => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    const op = rig.op()
    await rig.ssh(`forensics ${op}`)
    rmSync(`${rig.dir}/pve/calls`)
    for (const verb of ["stop", "cycle", "status", "screen"])
      assert.strictEqual((await rig.ssh(`${verb} ${op}`)).code, 2)
    assert.strictEqual(rig.read("pve/calls"), "")
    assert.isTrue(rig.vmRuns())
  })

  it("HOST-13 a killed worker frees the lock, is told as died, shows its step, and the next cycle works", async () => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    rig.fault("stop", "hang")
    const op = rig.op()
    const client = rig.ssh(`cycle ${op}`)
    await started(rig, op, "stopping")
    await eventually("qm stop hangs", () => rig.calls("stop") === 1)
    end(workerPid(rig, op))
    const answer = await client
    assert.strictEqual(answer.code, 1)
    assert.match(answer.stdout, /^worker died; last step: stopping$/m)
    assert.deepStrictEqual(result(answer), { op, verb: "cycle", rc: 1, vm: "running" })
    assert.isTrue(await lockIsFree(rig))
    await eventually("the death is on record", () =>
      rig.log().some((line) => line.includes(`${op} verb=cycle DIED rc=1`))
    )
    assert.match((await rig.ssh(`last ${op}`)).stdout, / known=yes verb=cycle phase=stopping rc=1 worker=ended /)
    rig.mend("stop")
    assert.strictEqual((await rig.ssh(`cycle ${rig.op()}`)).code, 0)
    assert.isTrue(rig.vmRuns())
  })

  it("HOST-13 with nobody following, last tells a living worker from a dead one", async () => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    rig.fault("stop", "hang")
    const op = rig.op()
    const client = rig.ssh(`cycle ${op}`, (child) => {
      void started(rig, op, "stopping").then(() => child.kill("SIGKILL"))
    })
    await client
    assert.match((await rig.ssh(`last ${op}`)).stdout, / known=yes verb=cycle phase=stopping rc=- worker=alive /)
    const worker = workerPid(rig, op)
    for (const { pid } of besides(rig, [worker, rig.vmPid()])) end(pid)
    end(worker)
    await eventually("it is dead", () => !alive(worker))
    assert.match((await rig.ssh(`last ${op}`)).stdout, / known=yes verb=cycle phase=stopping rc=- worker=dead /)
    assert.match((await rig.ssh("last")).stdout, new RegExp(`^breakglass-last op=${op} known=yes `))
    assert.match((await rig.ssh(`last ${rig.op()}`)).stdout, / known=no$/m)
  })

  it("HOST-18 after a reboot of the host mid-cycle, last shows the unfinished step, it is not run again, and a new one works", async () => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    rig.fault("stop", "hang")
    const op = rig.op()
    const client = rig.ssh(`cycle ${op}`, (child) => {
      void started(rig, op, "stopping").then(() => child.kill("SIGKILL"))
    })
    await client
    await eventually("the step is on disk", () => rig.kept(op, "phase").includes("stopping"))
    // The worker first: what it has just started is not seen at once.
    end(workerPid(rig, op))
    await eventually("all is gone", () => {
      const left = besides(rig, []).filter(({ pid }) => alive(pid))
      for (const { pid } of left) end(pid)
      return left.length === 0
    })
    rmSync(`${rig.dir}/run`, { recursive: true })
    rig.mend("stop")
    const stops = rig.calls("stop")
    assert.match((await rig.ssh(`last ${op}`)).stdout, / known=yes verb=cycle phase=stopping rc=- worker=dead /)
    const again = await rig.ssh(`cycle ${op}`)
    assert.deepStrictEqual([again.code, rig.calls("stop")], [1, stops])
    assert.match(again.stdout, /^worker died; last step: stopping$/m)
    const replay = await rig.ssh(`cycle ${op}`)
    assert.deepStrictEqual([replay.code, replay.stdout], [1, again.stdout])
    const next = await rig.ssh(`cycle ${rig.op()}`)
    assert.strictEqual(next.code, 0)
    assert.isTrue(rig.vmRuns())
  })

  it("HOST-18 a finished operation is replayed to the byte after a reboot of the host", async () => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    const op = rig.op()
    const answer = await rig.ssh(`cycle ${op}`)
    await eventually("it is on disk", () => rig.kept(op, "rc") !== "")
    await sweep(`${rig.dir}/pve`)
    rmSync(`${rig.dir}/run`, { recursive: true })
    rmSync(`${rig.dir}/pve/calls`)
    const replay = await rig.ssh(`cycle ${op}`)
    assert.deepStrictEqual([replay.code, replay.stdout, rig.read("pve/calls")], [0, answer.stdout, ""])
  })
})
