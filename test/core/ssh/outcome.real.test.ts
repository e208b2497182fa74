/** What the real ssh says when a real sshd does not let it get as far as a session, or when it does not even try. */
import { assert, describe, it } from "@effect/vitest"
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { once } from "node:events"
import { connect } from "node:net"
import { afterEach, beforeEach } from "vitest"
import { refusalIn } from "../../../src/core/ssh/outcome.ts"
import { options } from "../../../src/breakglass/power/sshToHost.ts"
import { run, startSshd } from "../../host/support/sshd.ts"

describe("ssh", { timeout: 60_000 }, () => {
  let dir = ""
  beforeEach(() => {
    dir = mkdtempSync("/run/bg-outcome-")
    chmodSync(dir, 0o755)
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  /** As the server asks its host. */
  const ssh = (port: number) => {
    const key = { authSock: null, keyPath: `${dir}/ssh/client`, knownHosts: `${dir}/ssh/known_hosts` }
    const words = [...options(key), "-p", String(port), "root@127.0.0.1", `touch ${dir}/sent`]
    return run("ssh", words, { env: { PATH: "/usr/bin:/bin", LC_ALL: "C" } })
  }
  const sent = () => {
    try {
      return readFileSync(`${dir}/sent`, "utf8") === ""
    } catch {
      return false
    }
  }
  const listening = async (config: string, inside: string) => {
    const sshd = await startSshd(dir, `AuthorizedKeysFile ${dir}/authorized\nStrictModes no\n${config}\n`, inside)
    copyFileSync(`${dir}/ssh/client.pub`, `${dir}/authorized`)
    return {
      port: sshd.port,
      [Symbol.asyncDispose]: async () => {
        const gone = once(sshd.child, "exit")
        sshd.child.kill("SIGTERM")
        await gone
      }
    }
  }

  it("that is let in has sent its command: what follows proves something", async () => {
    await using sshd = await listening("", 'exec "$@"')
    assert.deepInclude(await ssh(sshd.port), { code: 0, stderr: "" })
    assert.isTrue(sent())
  })

  it("to an sshd whose MaxStartups are taken is unreachable, with nothing sent", async () => {
    await using sshd = await listening("MaxStartups 1:100:1", 'exec "$@"')
    const stranger = connect(sshd.port, "127.0.0.1")
    await once(stranger, "data")
    const { code, stderr } = await ssh(sshd.port)
    assert.strictEqual(code, 255)
    assert.strictEqual(refusalIn(stderr), "unreachable", stderr)
    assert.isFalse(sent())
    const closed = once(stranger, "close")
    stranger.destroy()
    await closed
  })

  it("of an account that has expired says so, and leaves open whether it was in a session", async () => {
    const shadow = readFileSync("/etc/shadow", "utf8").replace(/^root:.*$/m, "root:*:19000:0:99999:7:0:1:")
    writeFileSync(`${dir}/shadow`, shadow, { mode: 0o600 })
    const module = (kind: string, name: string) => `${kind} required pam_${name}.so\n`
    writeFileSync(`${dir}/pam`, module("auth", "permit") + module("account", "unix") + module("session", "permit"))
    const mounts = `mount --bind ${dir}/shadow /etc/shadow && mount --bind ${dir}/pam /etc/pam.d/sshd`
    const withPam = `sed -i 's/^UsePAM no$/UsePAM yes/' ${dir}/ssh/sshd_config`
    await using sshd = await listening("", `${mounts}\n${withPam}\nexec "$@"`)
    const { code, stderr } = await ssh(sshd.port)
    assert.strictEqual(code, 255)
    assert.match(stderr, /^Your account has expired; .*\nConnection closed by 127\.0\.0\.1 port \d+\r?\n$/)
    // The first of these lines could be a program's, and ssh says the second of a session too.
    assert.isNull(refusalIn(stderr))
    assert.isFalse(sent())
  })

  it("that is to read a file others can write has failed before it connected", async () => {
    writeFileSync(`${dir}/included`, "")
    chmodSync(`${dir}/included`, 0o666)
    writeFileSync(`${dir}/config`, `Include ${dir}/included\n`)
    // As on the way to the target, where the system's configuration is read. Nothing listens there: had it tried, it would say so.
    const { code, stderr } = await run("ssh", ["-F", `${dir}/config`, "-p", "1", "root@127.0.0.1", "true"])
    assert.strictEqual(code, 255)
    assert.include(stderr, `Bad owner or permissions on ${dir}/included`)
    assert.strictEqual(refusalIn(stderr), "failed")
  })
})
