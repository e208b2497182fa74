/** A machine on which no process can be started any more. Root may always, so the server is then somebody else's. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { discard, startServer } from "../support/server/BreakglassServer.ts"
import { outcome, why } from "../support/session/events.ts"
import { programs } from "../support/server/processes.ts"

/** An account that nobody has; it may read where root put this. */
const somebody = ["--reuid=61234", "--regid=61234", "--clear-groups"]
const under =
  process.getuid?.() === 0 ? ["setpriv", ...somebody, "--inh-caps=+dac_override", "--ambient-caps=+dac_override"] : []

describe("no process can be started", () => {
  it("RES-03 a turn and an operation fail and say why, the server lives, and with room both work", async () => {
    const { env } = programs({ ssh: "echo status: running" })
    const server = await startServer({ env, under })
    const processes = (most: string) => {
      const [file = "", ...args] = [...under, "prlimit", `--pid=${server.process.pid}`, `--nproc=${most}:`]
      execFileSync(file, args)
    }
    const pressed = async () => {
      const answer = await server.post("/api/pve/status")
      const { exit_code, stdout, stderr } = (await answer.json()) as Record<string, unknown>
      return [answer.status, exit_code, stdout, stderr]
    }
    const session = await server.session()
    const limits = readFileSync(`/proc/${server.process.pid}/limits`, "utf8")
    const [, before = ""] = /^Max processes +(\S+)/m.exec(limits) ?? []
    processes("1")
    const events = await server.turn(session, "hello")
    assert.strictEqual(outcome(events), "failed")
    assert.match(why(events), /EAGAIN/)
    const notStarted = "ssh could not be started (EAGAIN). Nothing was sent."
    assert.deepStrictEqual(await pressed(), [502, null, "", notStarted])
    assert.strictEqual((await fetch(`${server.url}/ready`)).status, 200)
    assert.strictEqual((await fetch(`${server.url}/`)).status, 200)
    processes(before)
    assert.deepStrictEqual(await pressed(), [200, 0, "status: running\n", ""])
    assert.strictEqual(outcome(await server.turn(session, "hello")), "completed")
    assert.isNull(server.process.exitCode)
    await discard(server)
  })
})
