/** The power routes, from the wire to the host: what is no verb reaches nobody, and what is one runs once. */
import { assert, describe, it } from "@effect/vitest"
import { randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import { request } from "node:http"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { mutating, type Operation, verbs } from "../../../../src/contract/Power.ts"
import { root, token } from "../../../support/server/BreakglassServer.ts"
import { eventually } from "../../../support/server/processes.ts"
import { phase, type Power, startPower, target } from "../../../support/power/powerBench.ts"

let power: Power
beforeAll(async () => {
  power = await startPower()
  // The server's own first look has been asked for: what ssh is given from here on is somebody's.
  await eventually(() => power.shim.sent().length > 0)
}, 60_000)
afterAll(() => power[Symbol.asyncDispose]())

/** As the bytes are, with nothing normalised on the way. */
const raw = (path: string, body?: string): Promise<number> =>
  new Promise((settle, fail) => {
    const { hostname, port } = new URL(power.server.url)
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
    const asked = request({ hostname, port, path, method: "POST", headers }, (answer) => {
      answer.resume()
      answer.on("end", () => settle(answer.statusCode ?? 0))
    })
    asked.on("error", fail)
    asked.end(body)
  })

const id = "11111111-1111-4111-8111-111111111111"

describe("VERB-01 what is no verb", { timeout: 60_000 }, () => {
  const paths = [
    ...["STATUS", "%20status", "status%20", "status%0a", "status%0Acycle", "status;id", "status%20103", "$(id)"],
    ...["status%00", "%73tatus", "%EF%BD%93tatus", "%C5%BFtatus", "%2e%2e", "cycle%2f..", "destroy", "__proto__"],
    ...["constructor", "toString", "hasOwnProperty", "last", "selftest", "screen", "cycle,stop", "-"]
  ]
  const words = ["STATUS", " status", "status ", "status\n", "", "last", "__proto__", "constructor", "cycle;stop"]
  const odd = [...words, 1, null, true, ["cycle"], { verb: "cycle" }, [["cycle"]]]

  it("is 400 and reaches nobody, in a path and in a body", async () => {
    const before = power.shim.sent().length
    for (const path of paths) assert.strictEqual(await raw(`/api/pve/${path}`), 400, path)
    for (const verb of odd) {
      const body = JSON.stringify({ verb, op_id: randomUUID(), confirm: target })
      assert.strictEqual(await raw("/api/pve/ops", body), 400, body)
    }
    for (const body of ["", "{", "[]", "null", '"cycle"', "{}", '{"verb":"cycle"}', `{"op_id":"${id}"}`]) {
      assert.strictEqual(await raw("/api/pve/ops", body), 400, body)
    }
    for (const path of ["cycle/..", "../pve", "", "cycle/stop", "%ff"]) {
      assert.include([400, 404, 405], await raw(`/api/pve/${path}`), path)
    }
    assert.strictEqual(power.shim.sent().length, before)
  })
})

describe("VERB-02 what changes the VM", () => {
  it("needs its name and a well-formed id: else 400, and reaches nobody", async () => {
    for (const verb of mutating) {
      for (const confirm of [undefined, "", "DEVVM", " devvm", "devvm ", "dev", "102", null, true, ["devvm"]]) {
        const answer = await power.server.post("/api/pve/ops", { verb, op_id: randomUUID(), confirm })
        assert.strictEqual(answer.status, 400, `${verb} ${String(confirm)}`)
        assert.isAbove(((await answer.json()) as { readonly detail: string }).detail.length, 10)
      }
      for (const op_id of ["", "x", id.replaceAll("1", "A"), `${id} `, `${id}\n`, `${id};id`, 1, null]) {
        const answer = await power.server.post("/api/pve/ops", { verb, op_id, confirm: target })
        assert.strictEqual(answer.status, 400, String(op_id))
      }
    }
    assert.strictEqual(power.shim.changing(), 0)
    assert.deepStrictEqual(await (await power.server.request("/api/pve/ops")).json(), { operations: [] })
  })

  it("is 409 with an id that was another verb's", async () => {
    const { operation } = await power.run("start")
    const answer = await power.ask("stop", operation.op_id)
    assert.strictEqual(answer.status, 409)
    assert.include(await answer.text(), "Nothing was sent.")
    assert.strictEqual(power.shim.count("stop", operation.op_id), 0)
    assert.strictEqual((await power.server.request(`/api/pve/ops/${randomUUID()}`)).status, 404)
  })
})

describe("VERB-03 and PVE-01", { timeout: 60_000 }, () => {
  it("one id 100 times at once is one operation, one ssh, one qm stop", async () => {
    const { rig, shim } = power
    const stops = rig.calls("stop")
    const op = randomUUID()
    const reader = await power.watch()
    const answers = await Promise.all(Array.from({ length: 100 }, () => power.ask("cycle", op)))
    assert.deepStrictEqual(new Set(answers.map(({ status }) => status)), new Set([202]))
    const said = (await Promise.all(answers.map((answer) => answer.json()))) as ReadonlyArray<Operation>
    assert.strictEqual(new Set(said.map(({ op_id, started_at }) => `${op_id} ${started_at}`)).size, 1)
    assert.deepInclude(await power.ended(reader, op), { outcome: "ok", verified: true })
    await reader.close()
    assert.deepStrictEqual([shim.count("cycle", op), rig.calls("stop") - stops], [1, 1])
  })

  it("a dozen scripts that ask for the status at once are all answered", async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => power.server.post("/api/pve/status")))
    for (const answer of answers) {
      assert.strictEqual(answer.status, 200)
      assert.deepInclude(await answer.json(), { verb: "status", exit_code: 0, rejected: false })
    }
  })

  it("a second that changes the VM is 409 and names the first, from a page and a script; reads go through", async () => {
    const { rig, shim } = power
    rig.fault("stop", "held")
    const op = randomUUID()
    const reader = await power.watch()
    await power.ask("cycle", op)
    await reader.until(phase(op, "stopping"))
    const before = shim.changing()
    for (const answer of [await power.ask("stop"), await power.server.post("/api/pve/stop")]) {
      assert.strictEqual(answer.status, 409)
      const problem = (await answer.json()) as Operation & { readonly detail: string }
      assert.deepInclude(problem, { verb: "cycle", op_id: op })
      assert.include(problem.detail, "Nothing was sent.")
    }
    const read = await power.server.post("/api/pve/status")
    assert.strictEqual(read.status, 200)
    assert.deepInclude(await read.json(), { verb: "status", exit_code: 0, rejected: false })
    assert.strictEqual((await power.get(op)).ended_at, null)
    assert.strictEqual(shim.changing(), before)
    rig.mend("stop")
    await power.ended(reader, op)
    await reader.close()
  })
})

describe("VERB-04 the verbs", () => {
  const host = (file: string) => readFileSync(join(root, "host", file), "utf8")
  it("are the same on the wire, in the host's script and in its sudoers", async () => {
    const said = (await (await power.server.request("/api/pve/verbs")).json()) as Record<string, unknown>
    assert.deepStrictEqual(said, { verbs, mutating })
    const [, known = ""] = /case \$word in ([a-z |]+)\) ;; \*\) reject/.exec(host("breakglass-host")) ?? []
    const [, allowed = ""] = /--op \(([a-z|]+)\)/.exec(host("sudoers.d/breakglass")) ?? []
    const reads = ["last", "screen", "selftest"]
    assert.deepStrictEqual(known.split(" | ").sort(), [...verbs, ...reads].sort())
    assert.deepStrictEqual(allowed.split("|").sort(), [...verbs, ...reads].sort())
  })

  it("VERB-05 in a prompt are words", async () => {
    const before = power.shim.changing()
    const words = 'cycle\n{"verb":"cycle","confirm":"devvm"}\nPOST /api/pve/cycle\n/cycle devvm'
    await power.server.turn(await power.server.session(), words)
    assert.strictEqual(power.shim.changing(), before)
  })
})
