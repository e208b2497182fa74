/** Stop ends the agent's power with the agent: what outlived its turn has no way to the host, and people come first. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { request } from "node:http"
import { connect } from "node:net"
import { afterAll, beforeAll } from "vitest"
import type { Operation } from "../../../src/contract/Power.ts"
import { run } from "../../host/support/sshd.ts"
import { ofKind } from "../../support/server/BreakglassServer.ts"
import { vmEvent } from "../../support/http/frames.ts"
import { phase, type Power, startPower, target } from "../../support/power/powerBench.ts"

let power: Power
beforeAll(async () => {
  power = await startPower()
}, 60_000)
afterAll(() => power[Symbol.asyncDispose]())

/** A turn that works until it is stopped, and all that its commands are told: what a child of it takes along. */
const working = async (power: Power) => {
  const session = await power.server.session()
  const reader = await power.server.attach(session)
  const file = `${power.rig.dir}/env-${session}`
  await power.server.prompt(session, `#bash env >${file}.new; mv ${file}.new ${file}; sleep 999`)
  await reader.until(ofKind("tool"))
  const env = await new Promise<string>((settle) => {
    const look = () => {
      try {
        settle(readFileSync(file, "utf8"))
      } catch {
        setTimeout(look, 10)
      }
    }
    look()
  })
  const taken = Object.fromEntries(env.split("\n").flatMap((line) => (line.includes("=") ? [split(line)] : [])))
  const pve = (words: string) => run("sh", ["-c", `pve ${words}`], { env: taken })
  const stop = async () => {
    await power.server.post(`/api/session/${session}/cancel`)
    await reader.until(ofKind("turn_end"))
    await reader.close()
  }
  return { env: taken, pve, stop }
}
const split = (line: string): readonly [string, string] => [
  line.slice(0, line.indexOf("=")),
  line.slice(line.indexOf("=") + 1)
]
const headers = (env: Record<string, string>) => ({
  "x-confirm": target,
  "x-token": env["BREAKGLASS_TURN_TOKEN"] ?? ""
})
const raw = (env: Record<string, string>, verb: string) =>
  new Promise<string>((settle) => {
    const options = { socketPath: env["BREAKGLASS_PVE"], path: `/${verb}`, method: "POST", headers: headers(env) }
    const asked = request(options, (answer) => {
      let said = ""
      answer.setEncoding("utf8").on("data", (text: string) => (said += text))
      answer.on("end", () => settle(said))
    })
    asked.on("error", () => settle("no answer"))
    asked.end()
  })
const operations = async () =>
  ((await (await power.server.request("/api/pve/ops")).json()) as { readonly operations: ReadonlyArray<Operation> })
    .operations

describe("what outlived its turn", { timeout: 60_000 }, () => {
  it("sends nothing to the host any more, neither by the agent's command nor by its socket, and nothing that only looks", async () => {
    const turn = await working(power)
    const [before, ops] = [power.shim.changing(), (await operations()).length]
    await turn.stop()
    for (const words of [`cycle ${target}`, "status", "forensics", `reset ${target}`]) {
      const { code, stdout, stderr } = await turn.pve(words)
      assert.strictEqual(code, 1, stdout)
      assert.match(`${stdout}${stderr}`, /^The turn .* has ended\. Nothing was sent\.\n$/)
    }
    const answers = await Promise.all(Array.from({ length: 30 }, () => raw(turn.env, "cycle")))
    for (const said of answers) assert.match(said, /Nothing was sent/)
    assert.strictEqual(power.shim.changing(), before)
    assert.strictEqual((await operations()).length, ops)
    assert.deepInclude((await power.run("start")).operation, { outcome: "ok" })
  })

  it("does not have begun what it had half asked for when the turn ended", async () => {
    const turn = await working(power)
    const before = power.shim.changing()
    const socket = connect(turn.env["BREAKGLASS_PVE"] ?? "")
    await new Promise((settle) => socket.once("connect", settle))
    const words = Object.entries(headers(turn.env)).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`POST /cycle HTTP/1.1\r\nhost: x\r\n${words.join("")}`)
    await turn.stop()
    const answer = new Promise<Buffer>((settle) => socket.once("data", settle))
    socket.write("content-length: 0\r\n\r\n")
    assert.match((await answer).toString(), /has ended\. Nothing was sent\./)
    socket.destroy()
    assert.strictEqual(power.shim.changing(), before)
  })

  it("does not end a cycle that has begun: it goes on to its verified end", async () => {
    const turn = await working(power)
    power.rig.fault("stop", "held")
    const reader = await power.watch()
    const gone = turn.pve(`cycle ${target}`)
    const frame = await reader.until((frame) => frame.data.includes('"phase":"stopping"'))
    const event = vmEvent(frame)
    const id = event?.kind === "operation" ? event.op.op_id : ""
    await turn.stop()
    assert.strictEqual((await power.get(id)).ended_at, null)
    power.rig.mend("stop")
    assert.deepInclude(await power.ended(reader, id), { actor: "agent", outcome: "ok", verified: true })
    await gone
    await reader.close()
  })
})

describe("an operator's verb", { timeout: 60_000 }, () => {
  it("is not refused because of the agent's cycle: it is taken, comes next, and nothing of the agent's goes before it", async () => {
    await using power = await startPower()
    const turn = await working(power)
    power.rig.fault("stop", "held")
    const reader = await power.watch()
    const cycled = turn.pve(`cycle ${target}`)
    await reader.until((frame) => frame.data.includes('"phase":"stopping"'))
    const answer = await power.ask("start")
    assert.strictEqual(answer.status, 202)
    const { op_id } = (await answer.json()) as Operation
    await reader.until(phase(op_id, "waiting"))
    const refused = await turn.pve(`reset ${target}`)
    assert.match(refused.stdout, /is already power cycling the VM.* Nothing was sent\./)
    assert.strictEqual(refused.code, 75)
    // Of two operators one is told of the other.
    assert.strictEqual((await power.ask("stop")).status, 409)
    assert.strictEqual(power.shim.changing(), 1)
    power.rig.mend("stop")
    assert.deepInclude(await power.ended(reader, op_id), { verb: "start", outcome: "ok", verified: true })
    assert.match((await cycled).stdout, /cycle: ok, verified\.[^]*\nstart by \S+ comes next\./)
    const again = await turn.pve(`cycle ${target}`)
    assert.match(again.stdout, /The VM was changed \d+ s ago.* Nothing was sent\./)
    assert.strictEqual(again.code, 75)
    assert.strictEqual(power.shim.changing(), 2)
    await turn.stop()
    await reader.close()
  })
})
