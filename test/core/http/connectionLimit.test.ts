import { assert, describe, it } from "@effect/vitest"
import { connect, type Socket } from "node:net"
import { discard, startServer } from "../../support/server/BreakglassServer.ts"
import { descriptors } from "../../support/http/clients.ts"
import { outcome } from "../../support/session/events.ts"
import { upTo } from "../../support/journal/journals.ts"
import { eventually, programs } from "../../support/server/processes.ts"

/** Connects, and settles when it is, or is refused or dropped. */
const connected = (url: string): Promise<Socket> =>
  new Promise((settle) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    for (const event of ["connect", "error", "close"]) socket.on(event, () => settle(socket))
  })

describe("few file descriptors", () => {
  it("RES-02 200 connections on 64: it lives, a verb works under them, and after them it accepts again", async () => {
    const { env } = programs({ ssh: "echo status: running" })
    const server = await startServer({ env, under: ["prlimit", "--nofile=64:64"] })
    const pid = server.process.pid ?? 0
    const session = await server.session()
    const before = descriptors(pid)
    // This connection was there first: it is kept alive, and it is whose owner needs the buttons.
    const pressed = async () => {
      const answer = await server.post("/api/pve/status")
      return [answer.status, ((await answer.json()) as { stdout: string }).stdout]
    }
    assert.deepStrictEqual(await pressed(), [200, "status: running\n"])
    const connecting = Promise.all(upTo(200).map(() => connected(server.url)))
    // A connection that is used is not idle for long enough to be closed, however long the crowd takes.
    assert.deepStrictEqual(await pressed(), [200, "status: running\n"])
    const crowd = await connecting
    for (const _ of upTo(5)) assert.deepStrictEqual(await pressed(), [200, "status: running\n"])
    assert.isBelow(descriptors(pid), 64)
    for (const socket of crowd) socket.destroy()
    await eventually(() => descriptors(pid) <= before + 2)
    assert.strictEqual((await fetch(`${server.url}/health`)).status, 200)
    assert.deepStrictEqual(await pressed(), [200, "status: running\n"])
    assert.strictEqual(outcome(await server.turn(session, "hello")), "completed")
    assert.isNull(server.process.exitCode)
    await discard(server)
  })
})
