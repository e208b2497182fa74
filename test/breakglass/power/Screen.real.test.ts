/** The VM's own screen from the host's script to the wire: a picture, at any time, for any number who ask. */
import { assert, describe, it } from "@effect/vitest"
import { randomUUID } from "node:crypto"
import { connect } from "node:net"
import { afterAll, beforeAll } from "vitest"
import { token } from "../../support/server/BreakglassServer.ts"
import { readPng } from "../../support/text/png.ts"
import { phase, type Power, startPower } from "../../support/power/powerBench.ts"

let power: Power
beforeAll(async () => {
  power = await startPower()
}, 60_000)
afterAll(() => power[Symbol.asyncDispose]())

const look = () => power.server.request("/api/pve/screen")
const pixels = async (answer: Response) => {
  const { width, height, pixels } = readPng(new Uint8Array(await answer.arrayBuffer()))
  return [width, height, ...pixels]
}
/** As fake-vm.pl draws it. */
const drawn = [2, 1, 1, 2, 3, 4, 5, 6]

/** All in one write, so that the last has been asked long before the first is answered; the statuses, as they come. */
const atOnce = (times: number): Promise<ReadonlyArray<string>> =>
  new Promise((settle, fail) => {
    const { hostname, port, host } = new URL(power.server.url)
    const request = (last: boolean) =>
      `GET /api/pve/screen HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n${last ? "Connection: close\r\n" : ""}\r\n`
    const socket = connect(Number(port), hostname)
    let said = ""
    socket.on("data", (bytes) => (said += bytes.toString("latin1")))
    socket.on("end", () => settle(said.match(/HTTP\/1\.1 \d+/g) ?? []))
    socket.on("error", fail)
    socket.write(Array.from({ length: times }, (_, at) => request(at === times - 1)).join(""))
  })

describe("SCREEN-02 the VM's own screen", { timeout: 60_000 }, () => {
  it("waits for no cycle, is no operation, and of a VM that is off is 404", async () => {
    const { rig } = power
    rig.fault("start", "held")
    const op = randomUUID()
    const reader = await power.watch()
    await power.ask("cycle", op)
    await reader.until(phase(op, "starting"))
    const answer = await look()
    assert.strictEqual(answer.status, 404)
    assert.strictEqual(answer.headers.get("content-type"), "application/problem+json")
    assert.deepInclude(await answer.json(), { detail: "This VM has no display: it is stopped." })
    const said = (await (await power.server.request("/api/pve/ops")).json()) as { readonly operations: object }
    assert.deepStrictEqual(said.operations, [await power.get(op)])
    assert.strictEqual((await power.get(op)).ended_at, null)
    rig.mend("start")
    assert.deepInclude(await power.ended(reader, op), { outcome: "ok", verified: true })
    await reader.close()
  })

  it("is one ssh for 100 who ask at once", async () => {
    const before = power.shim.sent().length
    assert.deepStrictEqual(await atOnce(100), Array<string>(100).fill("HTTP/1.1 200"))
    const asked = power.shim.sent().slice(before)
    assert.deepStrictEqual(
      asked.map(({ request }) => request.split(" ")[0]).filter((verb) => verb !== "status"),
      ["screen"]
    )
  })

  it("is a PNG of what QEMU drew, that nobody keeps and no browser takes for anything else", async () => {
    const answer = await look()
    assert.strictEqual(answer.status, 200)
    const headers = ["content-type", "cache-control", "content-disposition", "x-content-type-options"]
    assert.deepStrictEqual(
      headers.map((name) => answer.headers.get(name)),
      ["image/png", "no-store", "inline", "nosniff"]
    )
    assert.deepStrictEqual(await pixels(answer), drawn)
  })
})
