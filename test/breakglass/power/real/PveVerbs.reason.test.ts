/** PVE-10, the reason this exists: everything else is broken at once, and the six verbs work. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { afterAll, beforeAll } from "vitest"
import { type Operation, verbs } from "../../../../src/contract/Power.ts"
import { run } from "../../../host/support/sshd.ts"
import { token } from "../../../support/server/BreakglassServer.ts"
import { type Power, startPower } from "../../../support/power/powerBench.ts"
import { nobodys } from "../../../support/server/processes.ts"

/** A reader that attaches and then never reads. */
const stuck = (url: string) =>
  new Promise<Socket>((settle, fail) => {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port) })
    socket.once("error", fail)
    socket.write(`GET /api/pve/stream HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`)
    socket.once("readable", () => settle(socket))
  })

describe("PVE-10 with the model's API down, no CLI, a full disk and 32 stuck readers", { timeout: 120_000 }, () => {
  let power: Power
  let home = ""
  let sockets: ReadonlyArray<Socket> = []
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "breakglass-reason-"))
    const bin = join(home, "bin")
    mkdirSync(bin)
    symlinkSync(process.execPath, join(bin, "node"))
    mkdirSync(join(home, "state"))
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", join(home, "state")])
    power = await startPower({
      home,
      bin,
      env: {
        PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin`,
        ANTHROPIC_BASE_URL: `http://127.0.0.1:${nobodys}`,
        ANTHROPIC_API_KEY: "none"
      }
    })
    sockets = await Promise.all(Array.from({ length: 32 }, () => stuck(power.server.url)))
    try {
      writeFileSync(join(home, "state/filler"), Buffer.alloc(2 * 1024 * 1024))
    } catch {
      // Full, as it was meant to be.
    }
  }, 60_000)
  afterAll(async () => {
    for (const socket of sockets) socket.destroy()
    execFileSync("umount", ["-l", join(home, "state")])
    await power[Symbol.asyncDispose]()
    rmSync(home, { recursive: true, force: true })
  })

  it("is really broken: no journal, no prompt", async () => {
    assert.deepStrictEqual(await (await power.server.request("/ready")).json(), { ready: false })
    assert.strictEqual((await power.server.post("/api/session")).status, 503)
  })

  const overheads: Array<number> = []
  const ended = async (id: string) => {
    for (;;) {
      const operation = await power.get(id)
      if (operation.ended_at !== null) return operation
      // On such a disk the log is silent: there is nothing to wait for but the operation itself.
      await delay(20)
    }
  }

  for (const verb of ["status", "forensics", "reset", "cycle", "stop", "start"] as const) {
    it(`${verb} works, and answers at once that it has begun`, async () => {
      const { rig } = power
      const alone = async (request: string) => {
        const from = performance.now()
        await rig.ssh(request)
        return performance.now() - from
      }
      const initially = () => run(`${rig.dir}/pve/qm`, [verb === "start" ? "stop" : "start", rig.vmid])
      await initially()
      const bare = (await alone(`${verb} ${rig.op()}`)) + (await alone("status"))
      await initially()
      const op = rig.op()
      const from = performance.now()
      const answer = await power.ask(verb, op)
      assert.strictEqual(answer.status, 202)
      assert.isNull(((await answer.json()) as Operation).ended_at)
      const operation = await ended(op)
      overheads.push(performance.now() - from - bare)
      const verified = verb === "status" || verb === "forensics" ? null : true
      assert.deepInclude(operation, { outcome: "ok", exit_code: 0, verified }, operation.output)
      assert.strictEqual(rig.vmRuns(), verb !== "stop")
    })
  }

  it("costs less than a second over what a bare ssh takes for the verb and a look", () => {
    const [least = NaN, , low = 0, high = 0] = overheads.toSorted((a, b) => a - b)
    assert.strictEqual(overheads.length, verbs.length)
    // What the server itself costs it costs every verb; what a busy machine adds, only some.
    assert.isBelow(least, 1000, overheads.join(" "))
    assert.isBelow((low + high) / 2, 3000, overheads.join(" "))
  })

  it("all six are in the list, and a seed client's way works too", async () => {
    const { operations } = (await (await power.server.request("/api/pve/ops")).json()) as {
      readonly operations: ReadonlyArray<Operation>
    }
    assert.deepStrictEqual(operations.map(({ verb }) => verb).sort(), [...verbs])
    const answer = await power.server.post("/api/pve/cycle")
    assert.strictEqual(answer.status, 200)
    assert.deepInclude(await answer.json(), { verb: "cycle", exit_code: 0, rejected: false })
  })
})
