/** A proxy keeps connections to us for the next request. One that we close as it sends on it is answered 502 by the proxy. */
import { assert, describe, it } from "@effect/vitest"
import { Agent, request } from "node:http"
import { connect } from "node:net"
import { discard, startServer } from "../../support/server/BreakglassServer.ts"
import { eventually } from "../../support/server/processes.ts"

/** Seconds: nginx (keepalive_timeout of ngx_http_upstream_module), AWS ALB, Go's transport and Traefik, Caddy. */
const pools = { nginx: 60, alb: 60, traefik: 90, caddy: 120 }

describe("an idle connection", () => {
  it("is kept for longer than nginx, ALB, Traefik and Caddy keep theirs, and says so", async () => {
    const server = await startServer()
    const agent = new Agent({ keepAlive: true })
    const kept = await new Promise<string>((settle, fail) => {
      request(`${server.url}/health`, { agent }, (answer) => {
        answer.resume()
        settle(String(answer.headers["keep-alive"]))
      })
        .on("error", fail)
        .end()
    })
    agent.destroy()
    const [, seconds = ""] = /^timeout=([0-9]+)$/.exec(kept) ?? []
    assert.isAbove(Number(seconds), Math.max(...Object.values(pools)))
    await discard(server)
  })

  it(
    "is there after the limits for a head and a body, which an idle one has not begun",
    { timeout: 30_000 },
    async () => {
      const impatient = new URL("../../support/server/impatient.mjs", import.meta.url).pathname
      const server = await startServer({ env: { NODE_OPTIONS: `--import ${impatient}` } })
      const { hostname, port } = new URL(server.url)
      const socket = connect(Number(port), hostname)
      let heard = ""
      socket.setEncoding("latin1").on("data", (chunk: string) => (heard += chunk))
      const ask = async (times: number) => {
        socket.write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        await eventually(() => heard.split("HTTP/1.1 200 OK").length === times + 1)
      }
      await ask(1)
      // One that has begun a head is closed for it: both limits have passed for the idle one too.
      for (const head of ["GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\n"]) {
        const slow = connect(Number(port), hostname)
        slow.on("error", () => {}).resume()
        slow.write(head)
        await new Promise((settle) => slow.once("close", settle))
      }
      await ask(2)
      assert.isFalse(socket.destroyed)
      socket.destroy()
      await discard(server)
    }
  )
})
