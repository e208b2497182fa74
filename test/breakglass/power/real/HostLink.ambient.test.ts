/** What lies around on the server's machine does not change whom it asks, or with what. And a host that is misconfigured. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync, spawnSync } from "node:child_process"
import { randomUUID } from "node:crypto"
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { end } from "../../../host/support/proc.ts"
import { discard, startServer } from "../../../support/server/BreakglassServer.ts"
import { keyAgent } from "../../../support/power/keyAgent.ts"
import { client, startPower } from "../../../support/power/powerBench.ts"

/** An ssh that lives where `mounts` has been done, in front of the shim that is named later. */
const ssh = (dir: string, mounts: string) => {
  const inside = `mount --make-rprivate / && ${mounts} && exec "$@"`
  const text = `#!/bin/sh\nread -r shim <${dir}/shim\nexec unshare -m sh -c '${inside}' sh "$shim" "$@"\n`
  writeFileSync(`${dir}/ssh`, text, { mode: 0o755 })
  return inside
}
const withAgent = (socket: string) => ({
  env: { ...process.env, SSH_AUTH_SOCK: socket },
  stdio: "ignore" as const
})

describe("PVE-11 the server's machine", { timeout: 60_000, concurrent: true }, () => {
  it("has files and variables of ssh's, and none of them counts", async () => {
    const dir = mkdtempSync(join(tmpdir(), "breakglass-ambient-"))
    const evil = (name: string) => `touch ${dir}/${name}`
    const lines = [
      "Host *",
      `ProxyCommand ${evil("proxy")}; false`,
      "ControlMaster auto",
      `ControlPath ${dir}/master`,
      "PermitLocalCommand yes",
      `LocalCommand ${evil("local")}`
    ]
    writeFileSync(`${dir}/config`, `${lines.join("\n")}\n`)
    writeFileSync(`${dir}/askpass`, `#!/bin/sh\n${evil("asked")}\n`, { mode: 0o755 })
    // ssh finds its files by the account's home and /etc, not by HOME: here both hold that config, for it alone.
    const home = "mount -t tmpfs tmpfs /root && mkdir -m 700 /root/.ssh"
    const inside = ssh(
      dir,
      `${home} && cp ${dir}/config /root/.ssh/config && mount --bind ${dir}/config /etc/ssh/ssh_config`
    )
    const other = await keyAgent(`${dir}/agent`)
    await using power = await startPower({
      env: {
        BREAKGLASS_SSH: `${dir}/ssh`,
        SSH_AUTH_SOCK: other.socket,
        SSH_ASKPASS: `${dir}/askpass`,
        SSH_ASKPASS_REQUIRE: "force",
        DISPLAY: ":0",
        SSH_SK_PROVIDER: `${dir}/sk`
      }
    })
    const { rig, shim, run, agent } = power
    writeFileSync(`${dir}/shim`, shim.file)
    execFileSync("ssh-add", ["-q", `${rig.dir}/ssh/client`], withAgent(other.socket))

    // The trap works: an ssh that reads its files steps into it.
    spawnSync("unshare", ["-m", "sh", "-c", inside, "sh", "/usr/bin/ssh", "-p", String(rig.port), "127.0.0.1", "true"])
    assert.isTrue(existsSync(`${dir}/proxy`))
    rmSync(`${dir}/proxy`)

    const id = randomUUID()
    assert.deepInclude((await run("cycle", id)).operation, { outcome: "ok", exit_code: 0, verified: true })
    const { args } = shim.sent().find(({ request }) => request === `cycle ${id}`) ?? { args: [] }
    assert.deepStrictEqual(args.slice(0, 3), ["-F", "none", "-T"])
    assert.deepStrictEqual(args.slice(-2), ["root@127.0.0.1", `cycle ${id}`])
    assert.include(args, `IdentityAgent=${agent.socket}`)
    assert.deepStrictEqual(shim.env(), ["HOME", "LC_ALL", "PATH"])

    // The other agent holds the host's key, and is not asked for it.
    execFileSync("ssh-add", ["-q", "-D"], withAgent(agent.socket))
    assert.strictEqual((await run("status")).operation.outcome, "auth")
    for (const trace of ["proxy", "local", "asked", "master"]) assert.isFalse(existsSync(`${dir}/${trace}`), trace)
    if (other.child.pid !== undefined) end(other.child.pid)
    rmSync(dir, { recursive: true })
  })

  it("has keys of the account's own, and they are not offered; those of the configured agent are", async () => {
    const dir = mkdtempSync(join(tmpdir(), "breakglass-own-"))
    const inside = ssh(dir, `mount -t tmpfs tmpfs /root && mkdir -m 700 /root/.ssh && cp ${dir}/id_* /root/.ssh/`)
    await using power = await startPower({ env: { BREAKGLASS_SSH: `${dir}/ssh` } })
    const { rig, shim, run, agent } = power
    writeFileSync(`${dir}/shim`, shim.file)
    copyFileSync(`${rig.dir}/ssh/client`, `${dir}/id_ed25519`)
    copyFileSync(`${rig.dir}/ssh/client.pub`, `${dir}/id_ed25519.pub`)
    // The trap works: with its own key an ssh is let in.
    const pinned = ["BatchMode=yes", `UserKnownHostsFile=${rig.dir}/ssh/known_hosts`, "IdentityAgent=none"]
    const args = ["-F", "none", "-p", `${rig.port}`, ...pinned.flatMap((option) => ["-o", option]), "root@127.0.0.1"]
    const own = spawnSync("unshare", ["-m", "sh", "-c", inside, "sh", "/usr/bin/ssh", ...args, "status"])
    assert.strictEqual(own.status, 0, own.stderr.toString())

    assert.strictEqual((await run("status")).operation.outcome, "ok")
    execFileSync("ssh-add", ["-q", "-D"], withAgent(agent.socket))
    assert.strictEqual((await run("status")).operation.outcome, "auth")

    // Nor when the key that is configured cannot be read.
    await using keyed = await startServer({
      env: { ...power.env, BREAKGLASS_KEY_PATH: `${dir}/gone` }
    }).then((server) => ({ ...client(server), [Symbol.asyncDispose]: () => discard(server) }))
    const { operation } = await keyed.run("status")
    assert.strictEqual(operation.outcome, "auth")
    assert.include(operation.output, `The key file is ${dir}/gone.`)
    rmSync(dir, { recursive: true })
  })

  it("PVE-07 may have no name service: an address is enough", async () => {
    const dir = mkdtempSync(join(tmpdir(), "breakglass-nodns-"))
    writeFileSync(`${dir}/empty`, "")
    ssh(dir, `mount --bind ${dir}/empty /etc/resolv.conf && mount --bind ${dir}/empty /etc/hosts`)
    await using power = await startPower({ env: { BREAKGLASS_SSH: `${dir}/ssh` } })
    writeFileSync(`${dir}/shim`, power.shim.file)
    assert.deepInclude((await power.run("cycle")).operation, { outcome: "ok", verified: true })
    rmSync(dir, { recursive: true })
  })

  it("PVE-07 cannot resolve a name: the host is unreachable, and that is said", async () => {
    const dir = mkdtempSync(join(tmpdir(), "breakglass-nodns-"))
    writeFileSync(`${dir}/empty`, "")
    ssh(dir, `mount --bind ${dir}/empty /etc/resolv.conf`)
    await using power = await startPower({ env: { BREAKGLASS_SSH: `${dir}/ssh`, BREAKGLASS_PVE_HOST: "pve.invalid" } })
    writeFileSync(`${dir}/shim`, power.shim.file)
    const { operation } = await power.run("cycle")
    assert.deepInclude(operation, { outcome: "unreachable", exit_code: null })
    assert.include(operation.output, "Could not resolve hostname")
    rmSync(dir, { recursive: true })
  })
})

describe("PVE-09 a host whose configuration is wrong", { timeout: 60_000, concurrent: true }, () => {
  it.each([
    ["names no VM", { VMID: "0" }, "misconfigured:"],
    ["holds a command", { QM: "/bin/sh;id" }, "QM=/bin/sh;id"]
  ])("%s: failed, with its code and its words", async (_, change, words) => {
    await using power = await startPower()
    power.rig.conf(change)
    const { operation } = await power.run("cycle")
    assert.deepInclude(operation, { outcome: "failed", exit_code: 78, verified: null })
    assert.include(operation.output, words)
    assert.strictEqual(power.rig.calls("stop"), 0)
    const answer = await power.server.post("/api/pve/cycle")
    assert.strictEqual(answer.status, 502)
    assert.deepInclude(await answer.json(), { verb: "cycle", exit_code: 78, rejected: false })
  })
})
