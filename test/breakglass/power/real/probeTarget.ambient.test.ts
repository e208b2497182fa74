/** What a turn leaves in the account's ~/.ssh is not obeyed by the server's own ssh to the target. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { afterAll, afterEach, beforeAll } from "vitest"
import type { Check } from "../../../../src/contract/breakglass/Api.ts"
import { one } from "../../../support/session/events.ts"
import { type Far, named, startFar } from "../../../support/power/farTarget.ts"

describe("B16 a configuration of ssh that a turn left behind", { timeout: 60_000 }, () => {
  let far: Far
  beforeAll(async () => {
    far = await startFar()
  }, 60_000)
  afterAll(() => far[Symbol.asyncDispose]())
  afterEach(() => rmSync(`${far.account}/config`, { force: true }))
  const traces = () => ["match", "proxy", "local"].filter((name) => existsSync(`${far.dir}/${name}`))
  const plant = () => {
    const lines = [
      `Match exec "touch ${far.dir}/match"`,
      `ProxyCommand touch ${far.dir}/proxy; false`,
      "PermitLocalCommand yes",
      `LocalCommand touch ${far.dir}/local`
    ]
    writeFileSync(`${far.account}/config`, `${lines.join("\n")}\n`, { mode: 0o600 })
  }

  it("is not obeyed when the target is looked at, and its key and the pinned one are still used", async () => {
    plant()
    // The trap works: an ssh that reads its files steps into it.
    const inside = `mount --bind ${far.account} /root/.ssh && exec ssh 127.0.0.1 true`
    spawnSync("unshare", ["-m", "sh", "-c", inside])
    assert.deepStrictEqual(traces(), ["match", "proxy"])
    for (const trace of traces()) rmSync(`${far.dir}/${trace}`)

    const { checks } = (await (await far.server.request("/api/doctor")).json()) as {
      readonly checks: ReadonlyArray<Check>
    }
    assert.deepInclude(
      checks.find(({ name }) => name === "target over ssh"),
      { ok: true }
    )
    assert.deepStrictEqual(traces(), [])
  })

  it("is not obeyed by Stop, which still gets there", async () => {
    const command = "ssh -p PORT 127.0.0.1 'exec -a ambient sleep 300'".replace("PORT", `${far.sshd.port}`)
    const { stop } = await far.running(command, "ambient")
    plant()
    assert.deepInclude(await stop(), { remote: "ended" })
    assert.deepStrictEqual([traces(), named("ambient")], [[], []])
  })

  it("is not obeyed by a later turn's ssh, which is let in with the account's key", async () => {
    plant()
    assert.include(await printed(far, "echo let-in"), "let-in")
    assert.deepStrictEqual(traces(), [])
  })
})

/** What a turn's ssh to the target prints. */
const printed = async ({ server, sshd }: Far, command: string) =>
  one(
    await server.turn(await server.session(), `#bash ssh -o BatchMode=yes -p ${sshd.port} 127.0.0.1 '${command}' 2>&1`),
    "tool_result"
  ).output

describe("B21 an Include without a whole path in the system's configuration of ssh", { timeout: 60_000 }, () => {
  it("is not looked for in the account's ~/.ssh, by the server or by the agent, and the log says what to write", async () => {
    await using far = await startFar({
      beside: (dir) => `echo 'Include conf.d/*.conf' > ${dir}/system && mount --bind ${dir}/system /etc/ssh/ssh_config`
    })
    // Such a name is looked for by HOME, unlike the rest of ~/.ssh.
    for (const place of [far.account, `${far.server.home}/.ssh`]) {
      mkdirSync(`${place}/conf.d`, { recursive: true })
      writeFileSync(`${place}/conf.d/planted.conf`, `Match exec "touch ${far.dir}/match"\n`, { mode: 0o600 })
    }
    // The trap works: an ssh that is given that file by name steps into it.
    const mounts = `mount --bind ${far.account} /root/.ssh && mount --bind ${far.dir}/system /etc/ssh/ssh_config`
    spawnSync("unshare", ["-m", "sh", "-c", `${mounts} && exec ssh -F /etc/ssh/ssh_config 127.0.0.1 true`])
    assert.isTrue(existsSync(`${far.dir}/match`))
    rmSync(`${far.dir}/match`)
    const { checks } = (await (await far.server.request("/api/doctor")).json()) as {
      readonly checks: ReadonlyArray<Check>
    }
    assert.deepInclude(
      checks.find(({ name }) => name === "target over ssh"),
      { ok: true }
    )
    assert.include(await printed(far, "echo let-in"), "let-in")
    assert.isFalse(existsSync(`${far.dir}/match`))
    assert.include(far.server.stdout() + far.server.stderr(), "Write a whole path there")
  })
})

describe("HOME-04 the target's key, pinned in a file of root's", { timeout: 60_000 }, () => {
  it("is the one that counts, for the server and for the agent, whatever the account's known_hosts says", async () => {
    await using far = await startFar({ env: (dir) => ({ BREAKGLASS_DEVVM_KNOWN_HOSTS: `${dir}/pinned` }) })
    const target = async () => {
      const answer = (await (await far.server.request("/api/doctor")).json()) as { checks: ReadonlyArray<Check> }
      return answer.checks.find(({ name }) => name === "target over ssh")
    }
    // Not there: what the account knows, and a turn can write, is not believed instead.
    const refused = await target()
    assert.deepInclude(refused, { ok: false })
    assert.include(refused?.detail, `${far.dir}/pinned`)
    assert.include(await printed(far, "echo let-in"), "Host key verification failed")

    copyFileSync(`${far.account}/known_hosts`, `${far.dir}/pinned`)
    writeFileSync(`${far.account}/known_hosts`, "")
    assert.deepInclude(await target(), { ok: true })
    assert.include(await printed(far, "echo let-in"), "let-in")
  })
})
