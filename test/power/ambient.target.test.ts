/** What a turn leaves in the account's ~/.ssh is not obeyed by the server's own ssh to the target. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { existsSync, rmSync, writeFileSync } from "node:fs"
import { afterAll, afterEach, beforeAll } from "vitest"
import type { Check } from "../../src/contract/Api.ts"
import { type Far, named, startFar } from "../support/farTarget.ts"

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
})
