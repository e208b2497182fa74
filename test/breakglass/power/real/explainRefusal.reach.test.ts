/** A host that cannot be reached: nothing is sent, and why is said. */
import { assert, describe, it } from "@effect/vitest"
import { type AddressInfo, createServer, type Socket } from "node:net"
import { afterAll, afterEach, beforeAll } from "vitest"
import { nobodys } from "../../../support/server/processes.ts"
import { blackhole } from "../../../support/http/blackhole.ts"
import { type Power, startPower } from "../../../support/power/powerBench.ts"
import { refusedBy } from "../../../support/power/refusedBy.ts"

describe("the host", { timeout: 60_000 }, () => {
  let power: Power
  beforeAll(async () => {
    power = await startPower()
    power.shim.hurry()
  }, 60_000)
  afterAll(() => power[Symbol.asyncDispose]())
  afterEach(() => power.shim.port(power.rig.port))

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
    ["that accepts and never speaks", (_: Socket) => {}, "timed out during banner exchange", 5000, 9000],
    // Not before ssh has said who it is: what it says of that does not tell a way that never stood from one that broke.
    [
      "that accepts and resets",
      (socket: Socket) => socket.once("data", () => socket.resetAndDestroy()),
      "Connection reset by peer",
      0,
      3000
    ],
    ["that accepts and closes", (socket: Socket) => socket.end(), "Connection closed by remote host", 0, 3000],
    [
      "that accepts and talks rubbish",
      (socket: Socket) => socket.end("220 smtp\r\n".repeat(5)),
      "kex_exchange_identification: ",
      0,
      3000
    ]
  ])("PVE-02 %s is unreachable, within its limits, and the reason is said", async (_, meet, why, least, most) => {
    const close = await listening(meet)
    const { took, output } = await refusedBy(power, "unreachable")
    assert.include(output, why)
    assert.isAtLeast(took, least - 500)
    assert.isAtMost(took, most)
    close()
  })

  it("PVE-02 that refuses is unreachable at once", async () => {
    power.shim.port(nobodys)
    const { took, output } = await refusedBy(power, "unreachable")
    assert.include(output, "Connection refused")
    assert.isAtMost(took, 3000)
  })

  it("PVE-02 whose packets are dropped is unreachable when ssh has waited its five seconds", async () => {
    const hole = await blackhole()
    power.shim.port(hole.port)
    const { took, output } = await refusedBy(power, "unreachable")
    assert.include(output, "Connection timed out")
    assert.isAtLeast(took, 4500)
    assert.isAtMost(took, 9000)
    hole.close()
  })
})
