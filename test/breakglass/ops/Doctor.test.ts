/** The doctor of a server that is told of nothing, and of the demo, where there is nothing: each says so. */
import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Check } from "../../../src/contract/breakglass/Api.ts"
import { discard, type Options, startServer } from "../../support/server/BreakglassServer.ts"

const examined = async (options: Options) => {
  const server = await startServer(options)
  const { checks } = (await (await server.request("/api/doctor")).json()) as { checks: ReadonlyArray<Check> }
  await discard(server)
  return (leg: string) => checks.find(({ name }) => name === leg) ?? assert.fail(`no ${leg}`)
}

describe("the doctor", () => {
  it("of a server with neither target nor host names the variables that are not set", async () => {
    const check = await examined({})
    assert.deepInclude(check("target over ssh"), { ok: false, detail: "BREAKGLASS_TARGET_HOST is not set" })
    assert.isFalse(check("host over ssh").ok)
    assert.include(check("host over ssh").detail, "BREAKGLASS_PVE_HOST is not set")
  })

  it("names the VM's number, to be held against the one the host knows", async () => {
    const check = await examined({ env: { BREAKGLASS_VMID: "102" } })
    assert.match(check("host over ssh").detail, /^for VM 102: /)
  })

  it("does not call a working CLI a fault for being newer than tested, or older", async () => {
    for (const [version, note] of [
      ["9.9.9 (Claude Code)", "newer than tested"],
      ["2.0.1 (Claude Code)", "older than tested"]
    ] as const) {
      const home = mkdtempSync(join(tmpdir(), "breakglass-test-"))
      writeFileSync(join(home, "fake-claude.txt"), `#version ${version}\n`)
      const agent = (await examined({ home }))("agent")
      assert.isTrue(agent.ok)
      assert.isTrue(agent.detail.startsWith(`${version}; ${note}`), agent.detail)
    }
  })

  it("of the demo says that target and host are simulated, and names no variable for them", async () => {
    const check = await examined({ entry: "demo" })
    assert.deepInclude(check("target over ssh"), { ok: true, detail: "ok: simulated: there is no VM" })
    assert.deepInclude(check("host over ssh"), { ok: true, detail: "ok: simulated: there is no host" })
  })
})
