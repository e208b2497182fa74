/** Verbs that only look: what they may cost the host, and whom they may not hold up. */
import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { eventually } from "./support/proc.ts"
import { makeRig, phases, result, shells } from "./support/rig.ts"
import { run } from "./support/sshd.ts"

describe.each(shells)("looks under %s", { timeout: 120_000, concurrent: true }, (shell) => {
  it("forensics run one at a time, and each has its turn", async () => {
    await using rig = await makeRig({ shell, conf: { FORENSICS_SECS: "30", PROBE_SECS: "10" } })
    await rig.startVm()
    rig.fault("pending", "slow 15")
    const answers = await Promise.all(Array.from({ length: 3 }, () => rig.ssh(`forensics ${rig.op()}`)))
    for (const answer of answers) {
      assert.deepStrictEqual([answer.code, phases(answer.stdout)], [0, ["accepted", "forensics", "done"]])
    }
    const one = ["config --current", "pending ", "status --verbose", "status "]
    const calls = rig.read("pve/calls").replaceAll(`${rig.vmid} `, "").replaceAll(rig.vmid, "")
    assert.deepStrictEqual(calls.split("\n").slice(0, -1), [...one, ...one, ...one])
  })

  it("forensics that cannot have their turn in time are busy and name the holder; a cycle waits for none", async () => {
    const conf = { STATUS_SECS: "1", PROBE_SECS: "1" }
    await using rig = await makeRig({ shell, conf })
    await rig.startVm()
    const first = rig.op()
    assert.strictEqual((await rig.ssh(`forensics ${first}`)).code, 0)
    const look = `${rig.dir}/run/${rig.vmid}/look`
    spawn("flock", ["--no-fork", look, "perl", "-e", "sleep 600", `${rig.dir}/`], { stdio: "ignore" })
    await eventually("it is held", async () => (await run("flock", ["-n", look, "true"])).code === 1)
    const cycle = await rig.ssh(`cycle ${rig.op()}`)
    assert.deepStrictEqual([cycle.code, rig.vmRuns()], [0, true], cycle.stdout)
    const op = rig.op()
    const answer = await rig.ssh(`forensics ${op}`)
    assert.deepStrictEqual([answer.code, result(answer).rc], [75, 75])
    assert.match(answer.stdout, new RegExp(`^busy: op=${first} verb=forensics src=127.0.0.1 since=\\S+Z$`, "m"))
    await eventually("the refusal is on record", () =>
      rig.log().some((line) => line.includes(`${op} verb=forensics BUSY rc=75`))
    )
  })

  it("a selftest takes no lock, so it turns nobody away, and says who holds it", async () => {
    // Every flock of this host's, noted and carried out.
    const noted = [
      "cp /usr/bin/flock DIR/flock.real",
      `printf '#!/bin/sh\\necho "$*" >>DIR/flocks\\nexec DIR/flock.real "$@"\\n' >DIR/flock`,
      "chmod 755 DIR/flock",
      "mount --bind DIR/flock /usr/bin/flock"
    ]
    await using rig = await makeRig({ shell, inside: noted.join("\n") })
    await rig.startVm()
    assert.match((await rig.ssh("selftest")).stdout, /^note lock is free$/m)
    assert.strictEqual(rig.read("flocks"), "")
    rig.fault("stop", "held")
    const op = rig.op()
    const cycle = rig.ssh(`cycle ${op}`)
    await eventually("qm stop runs", () => rig.calls("stop") === 1)
    const flocks = rig.read("flocks")
    assert.match((await rig.ssh("selftest")).stdout, new RegExp(`^note lock is held: op=${op} verb=cycle src=`, "m"))
    assert.strictEqual(rig.read("flocks"), flocks)
    rig.mend("stop")
    assert.strictEqual((await cycle).code, 0)
    assert.match((await rig.ssh("selftest")).stdout, /^note lock is free$/m)
  })
})
