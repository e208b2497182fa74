import { assert, describe, it } from "@effect/vitest"
import { chmodSync, rmSync, writeFileSync } from "node:fs"
import { eventually } from "./support/proc.ts"
import { makeRig, result, shells } from "./support/rig.ts"
import { run } from "./support/sshd.ts"

const uuid = "2d556927-daf1-43a1-9a99-8f9dccf98379"

const badRequests = [
  "",
  " ",
  "STATUS",
  " status",
  "status ",
  "status\n",
  "status\ncycle",
  "status;id",
  "status|id",
  "status 103",
  "$(id)",
  "`id`",
  "ｓtatus",
  `cycle  ${uuid}`,
  `cycle ${uuid} ${uuid}`,
  `cycle ${uuid.toUpperCase()}`,
  `cycle ${uuid}\n`,
  `cycle ../../${uuid.slice(6)}`,
  "--worker",
  "--op cycle",
  "destroy",
  "cycle/..",
  "\u001b[2Jstatus",
  "status\\n2026-01-01T00:00:00Z vmid=102 op=- verb=cycle END rc=0",
  "status\\033[2J\\0101",
  `status${"a".repeat(5000)}`
]

describe.each(shells)("the request's grammar under %s", { timeout: 120_000, concurrent: true }, (shell) => {
  it("HOST-01 every request but VERB or VERB OPID ends in 2, reaches no qm and leaves one printable line", async () => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    const answers = await Promise.all(badRequests.map((request) => rig.ssh(request)))
    answers.forEach((answer, index) => {
      assert.strictEqual(answer.code, 2, JSON.stringify(badRequests[index]))
      assert.strictEqual(result(answer).rc, 2)
      assert.match(answer.stdout, /^[\x20-\x7e\n]*$/)
    })
    const lines = await eventually("a line for each", () => rig.log().length >= badRequests.length && rig.log())
    assert.strictEqual(lines.length, badRequests.length)
    for (const line of lines) {
      assert.match(line, /^\S+Z vmid=\d+ op=- verb=- REJECT rc=2 vm=- secs=0 request=[!-~]* src=127\.0\.0\.1$/)
      assert.isAtMost(line.length, 500)
    }
    assert.strictEqual(rig.read("pve/calls"), "")
  })

  it("HOST-01 sftp and scp get the script, not a file server", async () => {
    await using rig = await makeRig({ shell })
    const options = rig.args
      .slice(0, -1)
      .map((word) => (word === "-p" ? "-P" : word))
      .filter((word) => word !== "-T")
    writeFileSync(`${rig.dir}/batch`, "ls /\n")
    for (const [command, ...args] of [
      ["sftp", ...options, "-b", `${rig.dir}/batch`, "root@127.0.0.1"],
      ["scp", ...options, "root@127.0.0.1:/etc/hostname", `${rig.dir}/stolen`],
      ["scp", "-O", ...options, "root@127.0.0.1:/etc/hostname", `${rig.dir}/stolen`]
    ]) {
      const answer = await run(command ?? "", args)
      assert.notStrictEqual(answer.code, 0)
      assert.strictEqual(rig.read("stolen"), "")
    }
    await eventually("all three rejected", () => rig.log().filter((line) => line.includes(" REJECT ")).length === 3)
  })

  it("HOST-16 a config that is not entirely understood stops everything with 78 and names the line", async () => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    const good = rig.read("etc/host.conf")
    const conf = `${rig.dir}/etc/host.conf`
    const cases: ReadonlyArray<readonly [string, RegExp]> = [
      [good.replace(/^VMID=.*\n/, ""), /no VMID/],
      [good.replace(/^VMID=.*\n/, "VMID=0\n"), /line 1:VMID=0/],
      [good.replace(/^VMID=.*\n/, "VMID=99\n"), /line 1:/],
      [good.replace(/^VMID=.*\n/, "VMID=102;id\n"), /line 1:VMID=102;id/],
      [good.replace(/^VMID=.*\n/, "VMID=102\nVMID=103\n"), /given twice: VMID/],
      [good.replace(/^VMID=.*\n/, "VMID=102 \n"), /line 1:/],
      [good.replace(/^VMID=.*\n/, "VMID=102\r\n"), /line 1:/],
      [`${good}STOP_SECS=$(id)\n`, /line \d+:STOP_SECS/],
      [`${good}PATH=/tmp\n`, /line \d+:PATH/],
      [`${good}QM=qm\n`, /line \d+:QM=qm/],
      [`${good} DRY_RUN=yes\n`, /line \d+:/]
    ]
    for (const [text, message] of cases) {
      writeFileSync(conf, text)
      const answer = await rig.ssh("status")
      assert.strictEqual(answer.code, 78, text)
      assert.match(answer.stdout, message)
      assert.strictEqual(result(answer).rc, 78)
    }
    rmSync(conf)
    assert.strictEqual((await rig.ssh("status")).code, 78)
    assert.strictEqual(rig.read("pve/calls"), "")
  })

  it("HOST-16 a config that others may write is not obeyed", async () => {
    await using rig = await makeRig({ shell })
    for (const mode of [0o666, 0o664]) {
      chmodSync(`${rig.dir}/etc/host.conf`, mode)
      assert.strictEqual((await rig.ssh("status")).code, 78)
    }
    chmodSync(`${rig.dir}/etc/host.conf`, 0o644)
    assert.strictEqual((await rig.ssh("status")).code, 0)
  })

  it("HOST-16 the selftest fails on a program or directory that others may write, and names it", async () => {
    await using rig = await makeRig({ shell })
    assert.strictEqual((await rig.ssh("selftest")).code, 0)
    for (const [path, mode] of [
      ["libexec/breakglass-host", 0o755],
      ["libexec/breakglass-vm", 0o644],
      ["libexec/breakglass-records", 0o644],
      ["libexec", 0o755]
    ] as const) {
      chmodSync(`${rig.dir}/${path}`, 0o777)
      const answer = await rig.ssh("selftest")
      assert.strictEqual(answer.code, 78, path)
      assert.match(answer.stdout, new RegExp(`^FAIL root's alone.*${path.split("/")[0]}`, "m"))
      chmodSync(`${rig.dir}/${path}`, mode)
    }
  })
})
