import { assert, describe, it } from "@effect/vitest"
import { existsSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { eventually } from "./support/proc.ts"
import { makeRig, result, type Rig, shells } from "./support/rig.ts"

const everyVerb = async (rig: Rig) => {
  await rig.startVm()
  for (const verb of ["status", "forensics", "reset", "stop", "start", "cycle", "last", "screen"]) {
    const op = ["status", "last", "screen"].includes(verb) ? "" : ` ${rig.op()}`
    const answer = await rig.ssh(`${verb}${op}`)
    assert.strictEqual(answer.code, 0, `${verb}: ${answer.stdout}${answer.stderr}`)
    assert.strictEqual(result(answer).verb, verb)
  }
  assert.isTrue(rig.vmRuns())
}

describe.each(shells)("storage under %s", { timeout: 120_000, concurrent: true }, (shell) => {
  it("HOST-12 every verb works with neither log nor journal", async () => {
    await using rig = await makeRig({ shell })
    writeFileSync(`${rig.dir}/file`, "")
    rig.conf({ LOG: `${rig.dir}/file/log`, VAR_DIR: `${rig.dir}/file/var` })
    await everyVerb(rig)
  })

  it("HOST-12 every verb works on a read-only disk", async () => {
    const mount = "mkdir -p DIR/disk; mount -t tmpfs -o ro tmpfs DIR/disk"
    await using rig = await makeRig({ shell, inside: mount })
    rig.conf({ LOG: `${rig.dir}/disk/log`, VAR_DIR: `${rig.dir}/disk/var` })
    await everyVerb(rig)
  })

  it("HOST-12 every verb works on a full disk", async () => {
    const mount =
      "mkdir -p DIR/disk; mount -t tmpfs -o size=8k tmpfs DIR/disk; head -c 100000 /dev/zero >DIR/disk/filler || :"
    await using rig = await makeRig({ shell, inside: mount })
    rig.conf({ LOG: `${rig.dir}/disk/log`, VAR_DIR: `${rig.dir}/disk/var` })
    await everyVerb(rig)
  })

  it("HOST-12 without a place for operations nothing is started, and that is said", async () => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    writeFileSync(`${rig.dir}/file`, "")
    rig.conf({ RUN_DIR: `${rig.dir}/file/run` })
    const answer = await rig.ssh(`cycle ${rig.op()}`)
    assert.strictEqual(answer.code, 78)
    assert.match(answer.stdout, /^misconfigured: RUN_DIR \S+ cannot be written$/m)
    assert.strictEqual((await rig.ssh("status")).code, 0)
    assert.strictEqual(rig.calls("stop"), 0)
  })

  it("HOST-18 an unfinished operation in a journal that has become read-only is told as died, and not run again", async () => {
    const op = "2d556927-daf1-43a1-9a99-8f9dccf98379"
    const kept = `DIR/disk/$(cat DIR/pve/vmid)/ops/${op}`
    const inside = [
      "mkdir -p DIR/disk && mount -t tmpfs tmpfs DIR/disk",
      `mkdir -p ${kept} && echo cycle local - >${kept}/op && echo starting >${kept}/phase`,
      "mount -o remount,ro DIR/disk"
    ]
    await using rig = await makeRig({ shell, inside: inside.join("\n") })
    rig.conf({ VAR_DIR: `${rig.dir}/disk` })
    assert.match((await rig.ssh(`last ${op}`)).stdout, / known=yes verb=cycle phase=starting rc=- worker=dead /)
    const answer = await rig.ssh(`cycle ${op}`)
    assert.deepStrictEqual([answer.code, answer.stdout.split("\n")[0], rig.calls("start")], [1, "worker died", 0])
    assert.strictEqual((await rig.ssh(`cycle ${rig.op()}`)).code, 0)
  })

  it("operations and their forensics are kept for root alone, and go after their time", async () => {
    await using rig = await makeRig({ shell, conf: { FORENSICS_SECS: "5" } })
    await rig.startVm()
    const op = rig.op()
    await rig.ssh(`forensics ${op}`)
    await eventually("it is kept", () => rig.kept(op, "rc") === "0\n")
    const kept = `${rig.dir}/var/${rig.vmid}/ops/${op}`
    assert.strictEqual(statSync(`${kept}/forensics`).mode & 0o777, 0o600)
    assert.strictEqual(statSync(kept).mode & 0o777, 0o700)
    assert.strictEqual(rig.kept(op, "forensics"), rig.live(op, "forensics"))
    const old = Date.now() / 1000 - 9 * 86400
    for (const dir of [kept, `${rig.dir}/run/${rig.vmid}/ops/${op}`]) utimesSync(dir, old, old)
    await rig.ssh(`forensics ${rig.op()}`)
    await eventually("it is gone", () => !existsSync(kept) && rig.live(op, "rc") === "")
  })
})
