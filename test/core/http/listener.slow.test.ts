/** HTTP-06: clients that send a byte now and then, two hundred at once. */
import { assert, describe, it } from "@effect/vitest"
import { rmSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { join } from "node:path"
import { afterAll, afterEach } from "vitest"
import { patience } from "../../../src/core/http/listener.ts"
import { discard, root, type Server, startServer, token } from "../../support/server/BreakglassServer.ts"
import { programs } from "../../support/server/processes.ts"

const { bin, env } = programs({ ssh: "echo status: running" })
const begun: Array<Server> = []
const begin = async (more: Readonly<Record<string, string>> = {}) => {
  const server = await startServer({ env: { ...env, ...more } })
  begun.push(server)
  return server
}
afterEach(async () => {
  for (const server of begun.splice(0)) await discard(server)
})
afterAll(() => rmSync(bin, { recursive: true }))

const many = 200
/** One of them is the operator's own connection, until his request has come. */
const strangers = 128

interface Slow {
  readonly socket: Socket
  readonly heard: () => string
  readonly closed: Promise<void>
}

/** Connected, and its beginning sent; then a byte each time. */
const slow = (url: string, beginning: string, more: string) =>
  new Promise<Slow>((settle, fail) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    let heard = ""
    socket.once("error", fail)
    socket.setEncoding("latin1").on("data", (chunk: string) => (heard += chunk))
    const closed = new Promise<void>((done) => socket.once("close", () => done()))
    socket.once("connect", () => {
      // A byte that meets a closed door.
      socket.removeListener("error", fail).on("error", () => {})
      socket.write(beginning, () => {
        // Not before: on a busy machine a byte that was to be its second came before its first, and was answered 400.
        const drip = setInterval(() => socket.writable && socket.write(more), 100)
        void closed.then(() => clearInterval(drip))
        settle({ socket, heard: () => heard, closed })
      })
    })
  })

const kinds: ReadonlyArray<readonly [what: string, beginning: string, more: string]> = [
  ["headers", "GET /api/session HTTP/1.1\r\nHost: x\r\nX-Slow: ", "a"],
  [
    "bodies",
    `POST /api/pve/ops HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
      "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{",
    " "
  ],
  [
    "chunks",
    `POST /api/pve/ops HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
      "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    "1\r\n \r\n"
  ]
]

describe("HTTP-06 two hundred sockets that trickle", { timeout: 60_000 }, () => {
  for (const [what, beginning, more] of kinds) {
    it(`${what} keep nobody from the buttons`, async () => {
      const server = await begin()
      const all: Array<Slow> = []
      // Until its head is read an operator is a stranger too, and of those only so many are kept.
      const atOnce = what === "headers" ? many : 50
      while (all.length < many) {
        all.push(...(await Promise.all(Array.from({ length: atOnce }, () => slow(server.url, beginning, more)))))
        await server.post("/api/pve/status")
      }
      for (let turn = 0; turn < 10; turn++) {
        const answer = await server.post("/api/pve/status")
        assert.deepStrictEqual([answer.status, ((await answer.json()) as { exit_code: number }).exit_code], [200, 0])
      }
      // Whoever is an operator was there all the while; of strangers only so many are kept, the newest.
      const there = all.filter(({ socket, heard }) => !socket.closed && heard() === "").length
      assert.strictEqual(there, what === "headers" ? Math.min(many, strangers - 1) : many)
      for (const { socket } of all) socket.destroy()
    })

    it(`${what} are all closed by the server, which lives on and did nothing`, async () => {
      const hurried = { NODE_OPTIONS: `--import ${join(root, "test/support/server/impatient.mjs")}` }
      const server = await begin(hurried)
      const all = await Promise.all(Array.from({ length: many }, () => slow(server.url, beginning, more)))
      await Promise.all(all.map(({ closed }) => closed))
      for (const { heard } of all) assert.match(heard(), /^(HTTP\/1\.1 408 .*)?$/s)
      assert.isAbove(all.filter(({ heard }) => heard().startsWith("HTTP/1.1 408 ")).length, 0)
      assert.deepStrictEqual(await (await server.request("/api/pve/ops")).json(), { operations: [] })
      assert.strictEqual((await server.post("/api/pve/status")).status, 200)
    })
  }

  it("have at most a minute, and half that for their headers", () => {
    assert.isAtMost(patience.requestTimeout, 60_000)
    assert.isAtMost(patience.headersTimeout, 30_000)
    assert.isAtMost(patience.connectionsCheckingInterval, 5_000)
  })
})
