/** A host that is not who it was, or that lets nobody in: nothing is sent, and what to do is said. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { randomUUID } from "node:crypto"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { afterAll, afterEach, beforeAll } from "vitest"
import { fingerprints } from "../../../../src/core/ssh/hostKeys.ts"
import { end } from "../../../host/support/proc.ts"
import { keyAgent } from "../../../support/power/keyAgent.ts"
import { phase, type Power, startPower } from "../../../support/power/powerBench.ts"
import { refusedBy } from "../../../support/power/refusedBy.ts"

describe("the host", { timeout: 60_000 }, () => {
  let power: Power
  let known = ""
  beforeAll(async () => {
    power = await startPower()
    known = readFileSync(`${power.rig.dir}/ssh/known_hosts`, "utf8")
  }, 60_000)
  afterAll(() => power[Symbol.asyncDispose]())
  const refused = (outcome: "host_key" | "auth") => refusedBy(power, outcome)

  describe("PVE-05 with another key", () => {
    const file = () => `${power.rig.dir}/ssh/known_hosts`
    afterEach(() => {
      rmSync(file(), { recursive: true, force: true })
      writeFileSync(file(), known)
    })

    it("than the pinned one is refused, and both fingerprints are shown", async () => {
      const { rig } = power
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", `${rig.dir}/ssh/other`])
      const [type, key] = readFileSync(`${rig.dir}/ssh/other.pub`, "utf8").split(" ")
      const pinned = `[127.0.0.1]:${rig.port} ${type} ${key}\n`
      writeFileSync(file(), pinned)
      const { output } = await refused("host_key")
      assert.include(output, `it showed ${fingerprints(known)[0]}`)
      assert.include(output, `Pinned here: ${fingerprints(pinned)[0]} (${file()}, line 1).`)
      assert.include(output, "Nothing was sent.")
    })

    it("than the pinned one is pinned anew by the two lines that the refusal ends with", async () => {
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", `${power.rig.dir}/ssh/former`])
      const former = readFileSync(`${power.rig.dir}/ssh/former.pub`, "utf8")
      writeFileSync(file(), `192.0.2.9 ${former}[127.0.0.1]:${power.rig.port} ${former}`)
      const { output } = await refused("host_key")
      execFileSync("sh", ["-ec", output.trimEnd().split("\n").slice(-2).join("\n")], { stdio: "ignore" })
      assert.deepStrictEqual(fingerprints(readFileSync(file(), "utf8")), [
        ...fingerprints(`192.0.2.9 ${former}`),
        ...fingerprints(known)
      ])
      assert.strictEqual((await power.run("status")).operation.outcome, "ok")
    })

    it("than it showed, when it is asked for again, is not pinned", async () => {
      writeFileSync(file(), "")
      const { output } = await refused("host_key")
      const pin = output.trimEnd().split("\n").at(-1) ?? ""
      const other = pin.replace(fingerprints(known)[0] ?? "", `SHA256:${"a".repeat(43)}`)
      assert.throws(() => execFileSync("sh", ["-ec", other], { stdio: "ignore" }))
      assert.strictEqual(readFileSync(file(), "utf8"), "")
      const said = execFileSync("sh", ["-ec", pin], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
      assert.include(said, fingerprints(known)[0] ?? "none")
      assert.strictEqual((await power.run("status")).operation.outcome, "ok")
    })

    it.each([
      ["while none is pinned", () => writeFileSync(file(), "")],
      ["while another host's is pinned", () => writeFileSync(file(), known.replace("127.0.0.1", "192.0.2.1"))],
      ["while there is no file of them", () => rmSync(file())],
      [
        "while the file is a directory",
        () => {
          rmSync(file())
          mkdirSync(file())
        }
      ]
    ])("%s is refused, and shown as not verified", async (_, change) => {
      change()
      const { output } = await refused("host_key")
      assert.include(output, `pinned in ${file()}`)
      assert.include(output, `it showed ${fingerprints(known)[0]}. Pinned here: none. Nothing was sent.`)
      assert.include(output, "not verified: compare it with what `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`")
      // Looking at it did not make it trusted.
      await refused("host_key")
    })
  })

  describe("PVE-06 that lets nobody in", () => {
    const add = (args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
      execFileSync("ssh-add", ["-q", ...args], {
        env: { PATH: process.env["PATH"], SSH_AUTH_SOCK: power.agent.socket, ...env },
        stdio: "ignore"
      })
    const print = (name: string) => fingerprints(`- ${readFileSync(`${power.rig.dir}/ssh/${name}.pub`, "utf8")}`).join()
    const denied = async (...words: ReadonlyArray<string>) => {
      const { output } = await refused("auth")
      for (const word of ["Permission denied (publickey", power.agent.socket, "Nothing was sent.", ...words])
        assert.include(output, word)
    }
    const letIn = async () =>
      assert.deepInclude((await power.run("status")).operation, { outcome: "ok", exit_code: 0, verified: null })

    it("says that its agent holds no key, or which", async () => {
      const { rig } = power
      add(["-D"])
      await denied("holds no key, or is locked")
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", `${rig.dir}/ssh/wrong`])
      add([`${rig.dir}/ssh/wrong`])
      await denied(print("wrong"), "None of them is in the host's authorized_keys")
      add([`${rig.dir}/ssh/client`])
      await letIn()
    })

    it("says that its agent is locked, and lets in again once it is not", async () => {
      const { rig } = power
      writeFileSync(`${rig.dir}/askpass`, "#!/bin/sh\necho word\n", { mode: 0o755 })
      const asked = { SSH_ASKPASS: `${rig.dir}/askpass`, SSH_ASKPASS_REQUIRE: "force" }
      add(["-x"], asked)
      await denied("ssh-add -X")
      add(["-X"], asked)
      await letIn()
    })

    it("after its agent was killed in mid-cycle: the cycle ends running, the next says so, a new agent is used", async () => {
      const { rig, agent, ask, watch, ended } = power
      rig.fault("start", "held")
      const id = randomUUID()
      const reader = await watch()
      await ask("cycle", id)
      await reader.until(phase(id, "starting"))
      if (agent.child.pid !== undefined) end(agent.child.pid)
      rig.mend("start")
      // It could not be read back, and is not guessed.
      assert.deepInclude(await ended(reader, id), { outcome: "ok", exit_code: 0, verified: null })
      await reader.close()
      assert.isTrue(rig.vmRuns())
      await denied("does not answer")
      rmSync(agent.socket, { force: true })
      await denied("does not answer")
      const again = await keyAgent(agent.socket, `${rig.dir}/ssh/client`)
      await letIn()
      if (again.child.pid !== undefined) end(again.child.pid)
    })
  })
})
