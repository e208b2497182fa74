import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { place } from "../support/place.ts"
import { run } from "../support/sshd.ts"

const root = resolve(import.meta.dirname, "../../..")
const host = `${root}/host`
const scripts = ["host", "vm", "cluster", "records", "door", "evidence"]
  .map((name) => `${host}/breakglass-${name}`)
  .concat(`${host}/install`, `${host}/uninstall`)

const tree = (dir: string): ReadonlyArray<string> =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath.slice(dir.length)}/${entry.name}`)
    .sort()

describe("the files of the host", { timeout: 60_000 }, () => {
  it("HOST-17 shellcheck finds nothing, dash and bash parse every script, perl its own", async () => {
    const found = await run(`${root}/test/shellcheck`, [])
    assert.deepStrictEqual([found.code, found.stdout, found.stderr], [0, "", ""])
    for (const shell of ["dash", "bash"]) {
      for (const script of scripts) assert.strictEqual((await run(shell, ["-n", script])).code, 0, `${shell} ${script}`)
    }
    assert.strictEqual((await run("perl", ["-c", `${host}/breakglass-qmp`])).code, 0)
  })

  it("npm run check has shellcheck look at every shell file, and is red with one line where there is none", async () => {
    const { scripts: npm } = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as {
      scripts: Record<string, string>
    }
    assert.match(npm["check"] ?? "", / && sh test\/shellcheck$/)
    const dir = place()
    writeFileSync(`${dir}/shellcheck`, `#!/bin/sh\nprintf '%s\\n' "$@"\n`, { mode: 0o755 })
    const asked = await run(`${root}/test/shellcheck`, [], { env: { PATH: `${dir}:/usr/bin:/bin` } })
    const shells = [
      ...scripts.map((script) => script.slice(root.length + 1)),
      "deploy/with-keys",
      "agents/bin/ssh",
      "agents/stop-remote.sh",
      "test/need",
      ".ci/run"
    ]
    assert.includeMembers(asked.stdout.split("\n"), shells)
    for (const tool of ["dirname", "sh"]) symlinkSync(`/usr/bin/${tool}`, `${dir}/${tool}`)
    rmSync(`${dir}/shellcheck`)
    const none = await run("/bin/sh", [`${root}/test/shellcheck`], { env: { PATH: dir } })
    assert.strictEqual(none.code, 1)
    assert.match(none.stderr, /^test\/shellcheck: shellcheck is not here.*: sh test\/need\n$/)
    rmSync(dir, { recursive: true })
  })

  it("HOST-17 no script is over 250 lines, and no line over 120 columns", () => {
    for (const script of [...scripts, `${host}/breakglass-qmp`]) {
      const lines = readFileSync(script, "utf8").split("\n")
      assert.isAtMost(lines.length, 251, script)
      for (const line of lines) assert.isAtMost(line.length, 120, `${script}: ${line}`)
    }
  })

  it("the example config names every key once, with the script's own default, and no VM", async () => {
    const example = readFileSync(`${host}/host.conf`, "utf8")
    const commented = Array.from(example.matchAll(/^#([A-Z_]+)=(.*)$/gm), ([, key, value]) => [key, value] as const)
    assert.notMatch(example, /^[^#\n]/m)
    const script = readFileSync(`${host}/breakglass-host`, "utf8")
    const known = Array.from(script.matchAll(/(?:^| )([A-Z_]+)=('[^']*'|\S+)(?= |$)/gm), ([, key, value]) => [
      key,
      value?.replaceAll("'", "")
    ])
    const defaults = new Map(known.map(([key, value]) => [key, value] as const))
    for (const [key, value] of commented) {
      if (key === "VMID" || key === "QMP_SOCKET") continue
      assert.strictEqual(defaults.get(key), value, key)
    }
    const dir = place()
    writeFileSync(`${dir}/host.conf`, example.replaceAll(/^#([A-Z_]+=)/gm, "$1"), { mode: 0o644 })
    const answer = await run("dash", [`${host}/breakglass-host`, `${dir}/host.conf`], {
      env: { SSH_ORIGINAL_COMMAND: "status" }
    })
    assert.notStrictEqual(answer.code, 78, answer.stdout)
    writeFileSync(`${dir}/host.conf`, example, { mode: 0o644 })
    const bare = await run("dash", [`${host}/breakglass-host`, `${dir}/host.conf`], {
      env: { SSH_ORIGINAL_COMMAND: "status" }
    })
    assert.deepStrictEqual([bare.code, /no VMID/.test(bare.stdout)], [78, true])
    rmSync(dir, { recursive: true })
  })

  it("sshd accepts its fragment, and what it sets is in force for the user", () => {
    const dir = place()
    mkdirSync("/run/sshd", { recursive: true })
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", `${dir}/key`])
    const config = `HostKey ${dir}/key\nInclude ${host}/sshd_config.d/20-breakglass.conf\n`
    writeFileSync(`${dir}/sshd_config`, config)
    const dump = (user: string) =>
      execFileSync("/usr/sbin/sshd", [
        "-T",
        "-f",
        `${dir}/sshd_config`,
        "-C",
        `user=${user},host=x,addr=192.0.2.2`
      ]).toString()
    for (const line of [
      "forcecommand /usr/local/libexec/breakglass-host /etc/breakglass/host.conf",
      "authorizedkeysfile /etc/breakglass/authorized_keys",
      "authenticationmethods publickey",
      "disableforwarding yes",
      "permittty no",
      "permituserrc no",
      "permituserenvironment no",
      "maxstartups 60:30:100"
    ]) {
      assert.include(dump("breakglass").split("\n"), line)
    }
    assert.include(dump("somebody"), "forcecommand none")
    rmSync(dir, { recursive: true })
  })

  it("visudo accepts the sudoers file", async () => {
    assert.strictEqual((await run("/usr/sbin/visudo", ["-cf", `${host}/sudoers.d/breakglass`])).code, 0)
  })

  it("install puts every file in place with its mode, again changes nothing, and keeps what was edited", async () => {
    const dir = place()
    const install = () => run(`${host}/install`, ["--root", dir])
    const first = await install()
    assert.strictEqual(first.code, 0, first.stderr)
    const files = tree(dir)
    assert.deepStrictEqual(
      files.map((file) => `${(statSync(dir + file).mode & 0o7777).toString(8)} ${file}`),
      [
        "644 /etc/breakglass/authorized_keys",
        "644 /etc/breakglass/host.conf",
        "644 /etc/logrotate.d/breakglass",
        "644 /etc/ssh/sshd_config.d/20-breakglass.conf",
        "440 /etc/sudoers.d/breakglass",
        "644 /etc/systemd/system/breakglass.slice",
        "644 /usr/local/libexec/breakglass-cluster",
        "644 /usr/local/libexec/breakglass-door",
        "755 /usr/local/libexec/breakglass-evidence",
        "755 /usr/local/libexec/breakglass-host",
        "755 /usr/local/libexec/breakglass-qmp",
        "644 /usr/local/libexec/breakglass-records",
        "644 /usr/local/libexec/breakglass-vm"
      ]
    )
    writeFileSync(`${dir}/etc/breakglass/host.conf`, "VMID=777\n")
    writeFileSync(`${dir}/usr/local/libexec/breakglass-host`, "old\n")
    assert.strictEqual((await install()).code, 0)
    assert.deepStrictEqual(tree(dir), files)
    assert.strictEqual(readFileSync(`${dir}/etc/breakglass/host.conf`, "utf8"), "VMID=777\n")
    assert.strictEqual(
      readFileSync(`${dir}/usr/local/libexec/breakglass-host`, "utf8"),
      readFileSync(`${host}/breakglass-host`, "utf8")
    )
    rmSync(dir, { recursive: true })
  })

  it("uninstall leaves nothing that install put there; records go with --purge", async () => {
    const dir = place()
    await run(`${host}/install`, ["--root", dir])
    mkdirSync(`${dir}/var/lib/breakglass/102/ops`, { recursive: true })
    writeFileSync(`${dir}/var/log/breakglass/host.log`, "a record\n")
    const kept = await run(`${host}/uninstall`, ["--root", dir])
    assert.strictEqual(kept.code, 0, kept.stderr)
    assert.deepStrictEqual(tree(dir), ["/var/log/breakglass/host.log"])
    assert.match(kept.stdout, /^not empty, so left: \S+\/var\/log\/breakglass$/m)
    assert.strictEqual((await run(`${host}/uninstall`, ["--root", dir, "--purge"])).code, 0)
    assert.deepStrictEqual(tree(dir), [])
    const left = readdirSync(dir, { recursive: true }).filter((name) => String(name).includes("breakglass"))
    assert.deepStrictEqual(left, [])
    rmSync(dir, { recursive: true })
  })

  it("uninstall refuses while an operation runs", async () => {
    const dir = place()
    await run(`${host}/install`, ["--root", dir])
    mkdirSync(`${dir}/run/breakglass/102`, { recursive: true })
    const lock = `${dir}/run/breakglass/102/lock`
    const held = await run("flock", [lock, `${host}/uninstall`, "--root", dir])
    assert.deepStrictEqual([held.code, existsSync(`${dir}/etc/sudoers.d/breakglass`)], [1, true])
    assert.match(held.stderr, /an operation is running/)
    rmSync(dir, { recursive: true })
  })
})
