/** A host that cannot be reached, is not who it was, or lets nobody in: nothing is sent, and each is said by its name. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { randomUUID } from "node:crypto"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { type AddressInfo, createServer, type Socket } from "node:net"
import { afterAll, afterEach, beforeAll } from "vitest"
import { fingerprints } from "../../src/breakglass/hostKeys.ts"
import type { OpOutcome, Operation } from "../../src/contract/Pve.ts"
import { end } from "../host/support/proc.ts"
import { freePort } from "../host/support/sshd.ts"
import { type Power, startPower } from "../support/powerBench.ts"

describe("the host", { timeout: 60_000 }, () => {
  let power: Power
  let known = ""
  beforeAll(async () => {
    power = await startPower()
    known = readFileSync(`${power.rig.dir}/ssh/known_hosts`, "utf8")
  }, 60_000)
  afterAll(() => power[Symbol.asyncDispose]())
  afterEach(() => power.shim.port(power.rig.port))

  const refused = async (outcome: OpOutcome): Promise<Operation & { readonly took: number }> => {
    const { rig, run } = power
    const id = randomUUID()
    const { operation, took } = await run("cycle", id)
    assert.deepInclude(operation, { outcome, exit_code: null, verified: null }, operation.output)
    assert.strictEqual(rig.live(id, "op"), "", "the host never heard of it")
    assert.strictEqual(rig.calls("stop"), 0)
    assert.isTrue(rig.vmRuns())
    return { ...operation, took }
  }

  const listening = async (meet: (socket: Socket) => void) => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on("error", () => {})
      meet(socket)
    })
    await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle))
    power.shim.port((server.address() as AddressInfo).port)
    return () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
  }

  it.each([
    ["that accepts and never speaks", (_: Socket) => {}, 5000, 9000],
    // Not before ssh has said who it is: what it says of that does not tell a way that never stood from one that broke.
    ["that accepts and resets", (socket: Socket) => socket.once("data", () => socket.resetAndDestroy()), 0, 3000],
    ["that accepts and closes", (socket: Socket) => socket.end(), 0, 3000],
    ["that accepts and talks rubbish", (socket: Socket) => socket.end("220 smtp\r\n".repeat(5)), 0, 3000]
  ])("PVE-02 %s is unreachable, within its limits", async (_, meet, least, most) => {
    const close = await listening(meet)
    const { took } = await refused("unreachable")
    assert.isAtLeast(took, least - 500)
    assert.isAtMost(took, most)
    close()
  })

  it("PVE-02 that refuses is unreachable at once", async () => {
    power.shim.port(await freePort())
    assert.isAtMost((await refused("unreachable")).took, 3000)
  })

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
      assert.include(output, `Pinned here: ${fingerprints(pinned)[0]}`)
      assert.include(output, "Nothing was sent.")
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
    ])("%s is refused", async (_, change) => {
      change()
      assert.include((await refused("host_key")).output, "Nothing was sent.")
    })
  })

  it("PVE-06 that lets nobody in says so: no key, a wrong key, an agent that is dead", async () => {
    const { rig, agent, run } = power
    const add = (...args: ReadonlyArray<string>) =>
      execFileSync("ssh-add", ["-q", ...args], {
        env: { PATH: process.env["PATH"], SSH_AUTH_SOCK: agent.socket },
        stdio: "ignore"
      })
    add("-D")
    assert.include((await refused("auth")).output, "Permission denied")
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", `${rig.dir}/ssh/wrong`])
    add(`${rig.dir}/ssh/wrong`)
    await refused("auth")
    add(`${rig.dir}/ssh/client`)
    assert.deepInclude((await run("status")).operation, { outcome: "ok", exit_code: 0 })
    if (agent.child.pid !== undefined) end(agent.child.pid)
    await refused("auth")
    rmSync(agent.socket, { force: true })
    await refused("auth")
  })
})
