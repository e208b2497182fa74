import { assert, describe, it } from "@effect/vitest"
import { writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { eventually } from "../support/proc.ts"
import { makeRig, phases, result } from "../support/rig.ts"
import { clientArgs, run } from "../support/sshd.ts"

const host = resolve(import.meta.dirname, "../../../host")

/**
 * The shipped installer, run for real over copies of /etc, /usr/local and /var that only this sshd sees: the locked user,
 * its sshd fragment and the sudoers file as they are, sudo as it is. Only the key, the address and the config are the test's.
 */
const install = [
  "for name in etc usr/local var; do",
  "  mkdir -p DIR/over/$name/up DIR/over/$name/work",
  "  mount -t overlay overlay -o lowerdir=/$name,upperdir=DIR/over/$name/up,workdir=DIR/over/$name/work /$name",
  "done",
  `${host}/install >DIR/install.out 2>&1`,
  `${host}/install >>DIR/install.out 2>&1`,
  'sed "s/192.0.2.2/127.0.0.1/; s|AAAA-REPLACE-ME|$(cut -d " " -f 2 DIR/ssh/client.pub)|" -i /etc/breakglass/authorized_keys',
  "cp DIR/etc/host.conf /etc/breakglass/host.conf",
  "echo 'Include /etc/ssh/sshd_config.d/20-breakglass.conf' >>DIR/ssh/sshd_config"
]

describe("the unprivileged layout", { timeout: 120_000 }, () => {
  const rigged = () => makeRig({ shell: "dash", inside: install.join("\n"), conf: { SSH_USER: "breakglass" } })

  it("every verb works for a locked user through sudo, and the worker is root's", async () => {
    await using rig = await rigged()
    assert.match(rig.read("install.out"), /^installed\. Now:/m)
    await rig.startVm()
    const as = (request: string) => run("ssh", [...clientArgs(rig.dir, rig.port, "breakglass"), "--", request])
    assert.match((await as("status")).stdout, /^status: running$/m)
    for (const verb of ["forensics", "reset", "stop", "start", "cycle"]) {
      const op = rig.op()
      const answer = await as(`${verb} ${op}`)
      assert.deepStrictEqual([answer.code, result(answer).op], [0, op], answer.stdout + answer.stderr)
      assert.strictEqual(phases(answer.stdout).at(-1), "done")
    }
    for (const request of ["screen", "last"]) assert.strictEqual((await as(request)).code, 0)
    const selftest = await as("selftest")
    assert.deepStrictEqual([selftest.code, selftest.stdout.match(/^FAIL.*/gm)], [0, null])
    const records = await eventually("every END", () => {
      const ends = rig.log().filter((line) => line.includes(" END "))
      return ends.length === 5 && ends
    })
    for (const line of records) assert.match(line, / src=127\.0\.0\.1$/)
  })

  it("what is not a verb is turned away before sudo, and sudo itself allows that user nothing else", async () => {
    await using rig = await rigged()
    await rig.startVm()
    for (const request of ["status;id", "--op cycle", "sh", ""]) {
      const answer = await run("ssh", [
        ...clientArgs(rig.dir, rig.port, "breakglass"),
        ...(request === "" ? [] : ["--", request])
      ])
      assert.deepStrictEqual([answer.code, result(answer).rc], [2, 2], request)
    }
    const script = "/usr/local/libexec/breakglass-host"
    const conf = "/etc/breakglass/host.conf"
    const op = rig.op()
    writeFileSync(`${rig.dir}/mine.conf`, `VMID=${rig.vmid}\nQM=/bin/true\n`, { mode: 0o644 })
    const refused = [
      `${script} ${conf} --worker cycle ${op} x`,
      `${script} ${conf} --op destroy`,
      `${script} ${conf} --op cycle ${op} ${op}`,
      `${script} ${conf} --op cycle ${op.slice(1)}`,
      `${script} ${conf} --op 'cycle ${op}\nx'`,
      `${script} ${rig.dir}/mine.conf --op status`,
      `${script} ${conf}`,
      script,
      `/bin/sh ${script} ${conf} --op status`,
      "/usr/bin/id",
      "-s"
    ]
    const enter = [
      "--target",
      String(rig.sshdPid),
      "--mount",
      "--",
      "setpriv",
      "--reuid=breakglass",
      "--regid=breakglass",
      "--clear-groups"
    ]
    const attempt = (command: string) => run("nsenter", [...enter, "sh", "-c", `sudo -n ${command}`])
    assert.strictEqual((await attempt(`${script} ${conf} --op status`)).code, 0)
    for (const command of refused) {
      const answer = await attempt(command)
      assert.strictEqual(answer.code, 1, command)
      assert.match(answer.stderr, /^sudo: /, command)
    }
    assert.deepStrictEqual([rig.calls("stop"), rig.vmRuns()], [0, true])
  })

  it("HOST-01 what is turned away before sudo leaves one printable line in syslog, and none in root's log", async () => {
    // The syslog of this host: logger's own words, by whoever may call it.
    const syslog = [
      ": >DIR/syslog; chmod 666 DIR/syslog",
      `printf '#!/bin/sh\nprintf "%%s\\n" "$*" >>DIR/syslog\n' >DIR/logger; chmod 755 DIR/logger`,
      "mount --bind DIR/logger /usr/bin/logger"
    ]
    await using rig = await makeRig({ shell: "dash", inside: [...install, ...syslog].join("\n") })
    const as = (request: string) => run("ssh", [...clientArgs(rig.dir, rig.port, "breakglass"), "--", request])
    const requests = [
      "status;id",
      "--op cycle",
      "status\n2026-01-01T00:00:00Z vmid=102 op=- verb=cycle END rc=0",
      "\u001b[2J"
    ]
    for (const request of requests) assert.strictEqual((await as(request)).code, 2, request)
    assert.strictEqual((await as(`forensics ${rig.op()}`)).code, 0)
    const line = /^-t breakglass -- \S+Z vmid=\d+ op=- verb=- REJECT rc=2 vm=- secs=0 request=[!-~]* src=127\.0\.0\.1$/
    const said = () => rig.read("syslog").split("\n").slice(0, -1)
    await eventually(
      "a line for each",
      () => said().filter((one) => one.includes(" REJECT ")).length >= requests.length
    )
    await eventually("the worker's too", () => said().some((one) => one.includes(" END ")))
    const [rejected, worked] = [said().filter((one) => line.test(one)), said().filter((one) => !line.test(one))]
    assert.strictEqual(rejected.length, requests.length)
    assert.deepStrictEqual(worked.map((one) => one.match(/ (BEGIN|END) /)?.[1]).sort(), ["BEGIN", "END"])
    assert.deepStrictEqual(
      rig.log().filter((one) => one.includes("REJECT")),
      []
    )
  })

  it("uninstall takes the user, the door and every file away again", async () => {
    await using rig = await rigged()
    const inside = (command: string) =>
      run("nsenter", ["--target", String(rig.sshdPid), "--mount", "--", "sh", "-c", command])
    assert.strictEqual((await inside("id breakglass")).code, 0)
    const answer = await inside(`${host}/uninstall --purge`)
    assert.strictEqual(answer.code, 0, answer.stderr)
    assert.notStrictEqual((await inside("id breakglass")).code, 0)
    const left = await inside("find /etc /usr/local /var -name '*breakglass*'")
    assert.strictEqual(left.stdout, "")
  })
})
