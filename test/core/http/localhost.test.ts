/** `localhost` is two addresses. Whoever had the other one would be sent what was meant for us: tokens, edge secrets. */
import { assert, describe, it } from "@effect/vitest"
import { createServer, type Server } from "node:net"
import { discard, startServer, token } from "../../support/server/BreakglassServer.ts"

const listen = (host: string, port: number) =>
  new Promise<Server>((settle, fail) => {
    const server = createServer()
    server.once("error", fail)
    server.listen(port, host, () => settle(server))
  })
const close = (server: Server) => new Promise((settle) => server.close(settle))
const refusal = (host: string, port: number) =>
  listen(host, port).then(
    async (server) => {
      await close(server)
      return "nobody is there"
    },
    (error: NodeJS.ErrnoException) => error.code
  )
const portOf = (server: Server) => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

describe("localhost", () => {
  for (const [host, other] of [
    ["127.0.0.1", "[::1]"],
    ["localhost", "[::1]"],
    ["::1", "127.0.0.1"],
    ["0.0.0.0", "[::1]"],
    ["::", "127.0.0.1"]
  ] as const) {
    it(`with HOST=${host} is this server at both of its addresses, at one port`, async () => {
      const server = await startServer({ env: { HOST: host } })
      const port = Number(new URL(server.url).port)
      for (const at of ["127.0.0.1", "[::1]", "localhost"]) {
        const answer = await fetch(`http://${at}:${port}/api/info`, { headers: { authorization: `Bearer ${token}` } })
        assert.strictEqual(answer.status, 200, at)
      }
      for (const at of ["127.0.0.1", "::1"]) assert.strictEqual(await refusal(at, port), "EADDRINUSE", at)
      const reader = await fetch(`http://${other}:${port}/api/pve/stream`, {
        headers: { authorization: `Bearer ${token}` }
      })
      assert.strictEqual(await server.stop(), 0)
      assert.include(await reader.text(), "event: bye")
      assert.strictEqual(await refusal(other.replace(/[[\]]/g, ""), port), "nobody is there")
      await discard(server)
    })
  }

  for (const [host, other] of [
    ["127.0.0.1", "::1"],
    ["::1", "127.0.0.1"],
    ["0.0.0.0", "::1"]
  ] as const) {
    it(`with HOST=${host} and another program at ${other} the start is refused, in one line that names it`, async () => {
      const squatter = await listen(other, 0)
      const port = portOf(squatter)
      const error: unknown = await startServer({ env: { HOST: host, PORT: String(port) } }).then(
        discard,
        (e: unknown) => e
      )
      const said = error instanceof Error ? error.message : ""
      const [, , , line = ""] = /^(.*?): (breakglass did not start): (.*\n)$/s.exec(said) ?? []
      assert.match(
        line,
        new RegExp(`^PORT is ${port}, which .+ \\(pid ${process.pid}\\) has at ${other}; expected .+\\.\n$`)
      )
      assert.strictEqual(await refusal(host, port), "nobody is there")
      await close(squatter)
    })
  }

  it("on a machine without IPv6 is one address, and the server starts", async () => {
    const under = [
      "unshare",
      "-n",
      "sh",
      "-c",
      'echo 1 > /proc/sys/net/ipv6/conf/lo/disable_ipv6; ip link set lo up; exec "$@"',
      "sh"
    ]
    const server = await startServer({ under })
    assert.match(server.url, /^http:\/\/127\.0\.0\.1:[0-9]+$/)
    await discard(server)
  })
})
