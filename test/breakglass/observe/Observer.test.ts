/** What is seen of the VM reaches whoever is attached, whatever else is going on. */
import { assert, describe, it } from "@effect/vitest"
import { randomUUID } from "node:crypto"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, beforeAll } from "vitest"
import type { Status } from "../../../src/contract/Power.ts"
import { discard, named, openReader, type Reader, root, startServer } from "../../support/server/BreakglassServer.ts"
import { phase, type Power, startPower, statusOf } from "../../support/power/powerBench.ts"

/** Not the host's, which is 127.0.0.1: the shim tells them apart by it. */
const address = "127.0.0.2"
const sockets = new Set<Socket>()
const silent = (socket: Socket) => {
  sockets.add(socket)
  socket.on("error", () => {})
}
let meet: (socket: Socket) => void = (socket) => socket.end("SSH-2.0-x\r\n")
/** The target's port 22. */
const door = createServer((socket) => {
  silent(socket)
  meet(socket)
})

const stateOf = (status: Status, name: string) => status.probes.find(({ probe }) => probe === name)?.state
/** The next that fits, of those that were looked at after now. */
const next = async (reader: Reader, fits: (status: Status) => boolean = () => true): Promise<Status> => {
  const from = new Date().toISOString()
  const found = await reader.until((frame) => {
    const status = statusOf(frame)
    return status !== undefined && status.observed_at > from && fits(status)
  })
  return JSON.parse(found.data) as Status
}

describe("a reader of the VM's log", { timeout: 90_000 }, () => {
  let power: Power
  let reader: Reader
  beforeAll(async () => {
    await new Promise<void>((settle) => door.listen(0, address, settle))
    const { port } = door.address() as AddressInfo
    const preload = `--import ${pathToFileURL(join(root, "test/support/server/port22.mjs")).href}?is=${port}`
    power = await startPower({
      env: { BREAKGLASS_DEVVM_HOST: address, SSH_AUTH_SOCK: "/nowhere", NODE_OPTIONS: preload }
    })
    power.shim.forTarget(address, port)
    reader = await power.watch()
  }, 60_000)
  afterAll(async () => {
    await reader.close()
    await power[Symbol.asyncDispose]()
    for (const socket of sockets) socket.destroy()
    door.close()
  })

  it("is sent what the probes say, each with how long it took", async () => {
    const status = await next(reader)
    assert.deepStrictEqual(status.probes.map(({ probe }) => probe).sort(), ["pve", "ssh", "tcp22"])
    assert.strictEqual(stateOf(status, "pve"), "running")
    assert.strictEqual(stateOf(status, "tcp22"), "ok")
    for (const { took_ms } of status.probes) assert.isBelow(took_ms, 10_500)
    assert.match(status.observed_at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  })

  it("is sent it without an id, so that its place in the log does not move", () => {
    const frames = reader.frames.filter(({ event }) => event === "status")
    assert.isAbove(frames.length, 0)
    for (const { id } of frames) assert.strictEqual(id, "")
  })

  it("who comes later is sent the newest at once", async () => {
    const later = await power.watch()
    const frame = await later.until(({ event }) => event === "status")
    assert.strictEqual(statusOf(frame)?.probes.length, 3)
    await later.close()
  })

  it("goes on being sent it while a cycle runs, and the host says what is", async () => {
    power.rig.fault("start", "held")
    const id = randomUUID()
    await power.ask("cycle", id)
    await reader.until(phase(id, "starting"))
    const during = await next(reader, (status) => stateOf(status, "pve") === "stopped")
    assert.strictEqual(during.pattern, "off")
    assert.strictEqual((await power.get(id)).ended_at, null)
    power.rig.mend("start")
    assert.deepInclude(await power.ended(reader, id), { outcome: "ok", verified: true })
  })

  it("is told of a target that answers and is not one we know, which is not a slow one", async () => {
    meet = (socket) => {
      const sshd = connect(power.rig.port, "127.0.0.1")
      sshd.on("error", () => {})
      socket.pipe(sshd).pipe(socket)
    }
    const status = await next(reader, (status) => stateOf(status, "ssh") === "host_key")
    assert.strictEqual(stateOf(status, "tcp22"), "ok")
    assert.strictEqual(status.pattern, "unknown")
    assert.include(status.text, "host key")
  })

  it("is told of a target and a host that accept and say nothing: each probe ends within its limit", async () => {
    power.shim.hurry()
    const host = createServer(silent)
    await new Promise<void>((settle) => host.listen(0, "127.0.0.1", settle))
    const at = host.address()
    power.shim.port(typeof at === "object" && at !== null ? at.port : 0)
    meet = () => {}
    const status = await next(reader, ({ pattern }) => pattern === "host_unreachable")
    assert.strictEqual(stateOf(status, "pve"), "unreachable")
    assert.strictEqual(stateOf(status, "tcp22"), "silent")
    for (const { took_ms } of status.probes) assert.isBelow(took_ms, 10_500)
    host.close()
  })
})

it("a reader is told when there is nothing to look at: no address is set", { timeout: 60_000 }, async () => {
  const server = await startServer()
  const reader = openReader(await server.request("/api/pve/stream"))
  const { data } = await reader.until(named("status"))
  const { pattern, text } = JSON.parse(data) as Status
  assert.deepStrictEqual([pattern, text], ["unknown", "State unknown: no address of the VM or its host is set."])
  await reader.close()
  await discard(server)
})
