/** The installer on hosts as they are: it ends with 0 only where a verb would be carried out, and otherwise says what is missing. */
import { assert, describe, it } from "@effect/vitest"
import { resolve } from "node:path"
import { makeRig, result } from "../support/rig.ts"
import { clientArgs, run } from "../support/sshd.ts"

const install = resolve(import.meta.dirname, "../../../host/install")

/** Copies of what an installation touches, that only this sshd sees; and programs that can be taken away. */
const over = [
  "for name in etc usr/local var usr/bin usr/sbin; do",
  "  mkdir -p DIR/over/$name/up DIR/over/$name/work",
  "  mount -t overlay overlay -o lowerdir=/$name,upperdir=DIR/over/$name/up,workdir=DIR/over/$name/work /$name",
  "done"
]
const stock = [...over, "rm /usr/bin/sudo /usr/sbin/visudo; rm -rf /etc/sudoers /etc/sudoers.d"]
/** The key and the VM, as the administrator adds them; the sshd of this test then runs by the host's own configuration. */
const configured = [
  'sed "s/192.0.2.2/127.0.0.1/; s|AAAA-REPLACE-ME|$(cut -d " " -f 2 DIR/ssh/client.pub)|" -i /etc/breakglass/authorized_keys',
  "sed '/^SSH_USER=/d' DIR/etc/host.conf >/etc/breakglass/host.conf.new",
  "sed -n '/^SSH_USER=/p' /etc/breakglass/host.conf >>/etc/breakglass/host.conf.new",
  "mv /etc/breakglass/host.conf.new /etc/breakglass/host.conf",
  "sed '/^AcceptEnv/,$d' -i DIR/ssh/sshd_config; cat /etc/ssh/sshd_config >>DIR/ssh/sshd_config"
]

const rigged = (inside: ReadonlyArray<string>) => makeRig({ shell: "dash", inside: inside.join("\n") })
type Rig = Awaited<ReturnType<typeof rigged>>
const inside = (rig: Rig, command: string) =>
  run("nsenter", ["--target", String(rig.sshdPid), "--mount", "--", "sh", "-c", command])
const selftest =
  "SSH_ORIGINAL_COMMAND=selftest /usr/local/libexec/breakglass-host /etc/breakglass/host.conf 2>&1 | grep -E '^(FAIL|note)'"

describe("the installer", { timeout: 120_000 }, () => {
  it("on a host without sudo changes nothing, ends with 1 and names both ways", async () => {
    await using rig = await rigged(stock)
    const answer = await inside(rig, install)
    assert.strictEqual(answer.code, 1, answer.stdout)
    for (const way of [/apt-get install sudo/, /--no-sudo/, /BREAKGLASS_PVE_USER=root/, /Nothing was changed/])
      assert.match(answer.stderr, way)
    assert.strictEqual((await inside(rig, "find /etc /usr/local -name '*breakglass*'")).stdout, "")
  })

  it("with --no-sudo lets the key in as root for the one command, and an upgrade keeps that way", async () => {
    await using rig = await rigged([...stock, `${install} --no-sudo >DIR/out`, `${install} >>DIR/out`, ...configured])
    assert.match(rig.read("out"), /^The server needs BREAKGLASS_PVE_USER=root\.\ninstalled/m)
    await rig.startVm()
    const as = (request: string) => run("ssh", [...clientArgs(rig.dir, rig.port), "--", request])
    const cycle = await as(`cycle ${rig.op()}`)
    assert.deepStrictEqual([cycle.code, result(cycle).vm], [0, "running"], cycle.stdout + cycle.stderr)
    assert.strictEqual((await as("id")).code, 2)
    const own = await as("selftest")
    assert.deepStrictEqual([own.code, own.stdout.match(/^FAIL.*/gm)], [0, null], own.stdout)
    // The keys that root had are root's as before.
    await inside(
      rig,
      "mkdir -p /root/.ssh; cp /etc/breakglass/authorized_keys /root/.ssh/; : >/etc/breakglass/authorized_keys"
    )
    await inside(rig, "sed 's/restrict,.*\",from/from/' -i /root/.ssh/authorized_keys")
    assert.match((await as("id -un")).stdout, /^root\n$/)
  })

  it.each([
    ["sudo is gone", "rm /usr/bin/sudo", /^FAIL sudo is here/m, /no sudo on this host: apt-get install sudo/],
    [
      "sudo's rule is gone",
      "rm /etc/sudoers.d/breakglass",
      /^FAIL sudo runs the script as root/m,
      /sudo lets breakglass not run/
    ],
    [
      "a later rule overrules it",
      "echo 'breakglass ALL = (ALL) !ALL' >/etc/sudoers.d/zz",
      /^FAIL sudo runs the script/m,
      /sudo lets/
    ],
    [
      "sudo's rules are broken",
      "echo nonsense >/etc/sudoers.d/zz",
      /^FAIL sudo is 1\.9\.10 or later, and its rules/m,
      null
    ],
    [
      "its user has no shell",
      "usermod -s /usr/sbin/nologin breakglass",
      /^FAIL breakglass's shell runs commands$/m,
      null
    ]
  ])("when %s the selftest fails and says so, and a verb does not end in silence", async (_, spoil, fact, words) => {
    await using rig = await rigged([...over, `${install} >DIR/out`, ...configured])
    await rig.startVm()
    const before = await inside(rig, selftest)
    assert.notMatch(before.stdout, /^FAIL/m)
    await inside(rig, spoil)
    assert.match((await inside(rig, selftest)).stdout, fact)
    if (words === null) return
    const verb = await run("ssh", [...clientArgs(rig.dir, rig.port, "breakglass"), "--", "status"])
    assert.deepStrictEqual([verb.code, result(verb).rc], [78, 78], verb.stdout + verb.stderr)
    assert.match(verb.stdout, words)
  })

  it("when sshd reads no fragments it ends with 1 and says which line to add; with it, it ends with 0", async () => {
    await using rig = await rigged([...over, "sed '/^Include/d' -i /etc/ssh/sshd_config"])
    const without = await inside(rig, install)
    assert.strictEqual(without.code, 1, without.stdout)
    assert.match(without.stdout, /^FAIL sshd runs the script for breakglass/m)
    assert.match(without.stdout, /first line 'Include \/etc\/ssh\/sshd_config\.d\/\*\.conf'$/m)
    assert.match(without.stderr, /no verb can work/)
    await inside(rig, "sed '1i Include /etc/ssh/sshd_config.d/*.conf' -i /etc/ssh/sshd_config")
    const added = await inside(rig, install)
    assert.deepStrictEqual([added.code, added.stdout.match(/^FAIL.*/gm)], [0, null], added.stdout + added.stderr)
  })

  it.each([
    ["root may not log in", "PermitRootLogin no", "--no-sudo", /^FAIL sshd lets root in with a key$/m],
    ["no key is taken", "PubkeyAuthentication no", "", /^FAIL sshd takes keys$/m],
    [
      "another fragment comes first",
      "Match User breakglass\\nForceCommand /bin/true\\nMatch all",
      "",
      /^FAIL sshd runs the script/m
    ]
  ])("when %s it ends with 1 and says so", async (_, line, flag, fact) => {
    await using rig = await rigged([...over, `printf '${line}\\n' >/etc/ssh/sshd_config.d/00-here.conf`])
    const answer = await inside(rig, `${install} ${flag}`)
    assert.deepStrictEqual([answer.code, fact.test(answer.stdout)], [1, true], answer.stdout + answer.stderr)
  })

  it("a key that may do more than the script, and none at all, fail the selftest", async () => {
    await using rig = await rigged([...over, `${install} >DIR/out`])
    await inside(rig, "cp " + `${rig.dir}/etc/host.conf /etc/breakglass/host.conf`)
    assert.match((await inside(rig, selftest)).stdout, /^FAIL a public key is in \/etc\/breakglass\/authorized_keys$/m)
    await inside(rig, `cat ${rig.dir}/ssh/client.pub >>/etc/breakglass/authorized_keys`)
    assert.match((await inside(rig, selftest)).stdout, /^FAIL every key in \S+ is restricted to the script$/m)
  })
})
