/** A target that was rebuilt and has a new key: a real sshd, the agent's own ssh, and the Doctor's. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync, spawnSync } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, beforeEach } from "vitest"
import { fingerprints } from "../../../../src/core/ssh/hostKeys.ts"
import type { Check } from "../../../../src/contract/breakglass/Api.ts"
import { type Sshd, startSshd } from "../../../host/support/sshd.ts"
import { discard, root, type Server, startServer } from "../../../support/server/BreakglassServer.ts"

describe("SSH-02 a target that was rebuilt", { timeout: 60_000 }, () => {
  let dir: string
  let sshd: Sshd
  let server: Server
  /** Where the account's ~/.ssh is the test's own: ssh looks there, whatever HOME says. */
  let inside: string
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "breakglass-rebuilt-"))
    mkdirSync(`${dir}/home/.ssh`, { recursive: true, mode: 0o700 })
    const config = [
      `AuthorizedKeysFile ${dir}/authorized`,
      "StrictModes no",
      `HostCertificate ${dir}/ssh/host-cert.pub`
    ]
    sshd = await startSshd(dir, `${config.join("\n")}\n`, 'exec "$@"')
    copyFileSync(`${dir}/ssh/client.pub`, `${dir}/authorized`)
    // The account's own key is for the target: the agent runs as this account.
    copyFileSync(`${dir}/ssh/client`, `${dir}/home/.ssh/id_ed25519`)
    for (const ca of ["ca", "other"]) key(ca)
    inside = `mount --make-rprivate / && mkdir -p /root/.ssh && mount --bind ${dir}/home/.ssh /root/.ssh && exec "$@"`
    writeFileSync(`${dir}/real`, `#!/bin/sh\nexec /usr/bin/ssh -p ${sshd.port} "$@"\n`, {
      mode: 0o755
    })
    server = await startServer({
      under: ["unshare", "-m", "sh", "-c", inside, "sh"],
      env: { BREAKGLASS_SSH: `${dir}/real`, BREAKGLASS_DEVVM_HOST: "127.0.0.1", BREAKGLASS_DEVVM_USER: "root" }
    })
  }, 60_000)
  afterAll(async () => {
    await discard(server)
    sshd.child.kill("SIGTERM")
    rmSync(dir, { recursive: true })
  })

  const key = (name: string) => {
    for (const old of [name, `${name}.pub`]) rmSync(`${dir}/ssh/${old}`, { force: true })
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", `${dir}/ssh/${name}`])
  }
  const words = (name: string) => readFileSync(`${dir}/ssh/${name}.pub`, "utf8").split(" ").slice(0, 2).join(" ")
  const print = (name: string) => fingerprints(`- ${words(name)}`).join()
  const place = () => `[127.0.0.1]:${sshd.port}`
  const know = (line: string) => writeFileSync(`${dir}/home/.ssh/known_hosts`, `${line}\n`)

  /** A new key, with a certificate when a CA is named; sshd reads them again on SIGHUP. */
  const rebuild = async (ca?: string) => {
    key("host")
    rmSync(`${dir}/ssh/host-cert.pub`, { force: true })
    if (ca !== undefined) {
      const args = ["-q", "-s", `${dir}/ssh/${ca}`, "-I", "target", "-h", "-n", "127.0.0.1", `${dir}/ssh/host.pub`]
      execFileSync("ssh-keygen", args)
    }
    const listening = new Promise<void>((settle) =>
      sshd.child.stderr?.on("data", (text: Buffer) => text.includes("Server listening") && settle())
    )
    sshd.child.kill("SIGHUP")
    await listening
  }

  const within = (...command: ReadonlyArray<string>) =>
    spawnSync("unshare", ["-m", "sh", "-c", inside, "sh", ...command], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: "/root", BREAKGLASS_TURN: "00000000-0000-4000-8000-000000000000" }
    })
  const agent = () =>
    within(
      join(root, "agents/bin/ssh"),
      ...["-o", "BatchMode=yes", "-p", `${sshd.port}`, "root@127.0.0.1", `echo in; touch ${dir}/been`]
    )
  const doctor = async () => {
    const { checks } = (await (await server.request("/api/doctor")).json()) as { checks: ReadonlyArray<Check> }
    return checks.find(({ name }) => name === "target over ssh") ?? assert.fail("no such check")
  }
  const letIn = async () => {
    assert.strictEqual(agent().stdout, "in\n")
    const { ok, detail } = await doctor()
    assert.isTrue(ok)
    assert.match(detail, /^ok\b/)
  }
  beforeEach(() => rmSync(`${dir}/been`, { force: true }))

  it("under a CA that is known is let in without a word, by a key of the account's own", async () => {
    know(`@cert-authority * ${words("ca")}`)
    await rebuild("ca")
    const former = print("host")
    await letIn()
    await rebuild("ca")
    assert.notStrictEqual(print("host"), former)
    await letIn()
  })

  it("under another CA is refused, and nothing is run there", async () => {
    know(`@cert-authority * ${words("ca")}`)
    await rebuild("other")
    const { status, stderr } = agent()
    assert.deepStrictEqual([status, stderr.includes("Host key verification failed.")], [255, true])
    const { ok, detail } = await doctor()
    assert.isFalse(ok)
    assert.include(detail, `host_key: No key of ${place()} is pinned`)
    assert.throws(() => readFileSync(`${dir}/been`), "ENOENT")
  })

  it("without a CA is refused with both fingerprints, and pinned anew by the two lines that say how", async () => {
    await rebuild()
    know(`${place()} ${words("host")}`)
    await letIn()
    const former = print("host")
    await rebuild()
    const { status, stderr } = agent()
    assert.strictEqual(status, 255)
    assert.include(stderr, print("host"))
    const { ok, detail } = await doctor()
    assert.isFalse(ok)
    assert.include(detail, `it showed ${print("host")}. Pinned here: ${former} (/root/.ssh/known_hosts, line 1).`)
    const advice = within("sh", "-ec", detail.trimEnd().split("\n").slice(-2).join("\n"))
    assert.strictEqual(advice.status, 0, advice.stderr)
    await letIn()
  })
})
