/** Bodies that are too large, packed, or not what they say: refused in fixed words, and not read for that. */
import { assert, describe, it } from "@effect/vitest"
import { connect } from "node:net"
import { afterAll, beforeAll } from "vitest"
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import { discard, type Server, startServer, token } from "../../support/server/BreakglassServer.ts"
import { resident } from "../../support/server/processes.ts"
import { parse, raw } from "../../support/http/raw.ts"

const limit = 512 * 1024
const bearer = `Authorization: Bearer ${token}`
const json = "Content-Type: application/json"
const words: Readonly<Record<number, string>> = {
  400: "Bad Request",
  413: "Content Too Large",
  415: "Unsupported Media Type"
}
let server: Server
let session: string
beforeAll(async () => {
  server = await startServer()
  session = await server.session()
})
afterAll(() => discard(server))

/** Who signs in has no credential yet; who prompts has. */
const places = () =>
  [
    ["/api/login", [json, `Origin: ${server.url}`]],
    [`/api/session/${session}/prompt`, [json, bearer]]
  ] as const

/** A head, then bytes for as long as the server takes them, at most so many; what it said until it closed. */
const pour = (head: ReadonlyArray<string>, piece: string | Buffer, most: number) =>
  new Promise<{ readonly said: string; readonly sent: number }>((settle) => {
    const { hostname, port, host } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    let said = ""
    let sent = 0
    const more = () => {
      while (sent < most) {
        sent += piece.length
        if (!socket.write(piece)) return
      }
    }
    // A refusal comes before all was sent: what was said then counts, not the broken pipe.
    socket.on("error", () => {})
    socket.setEncoding("latin1").on("data", (chunk: string) => (said += chunk))
    socket.on("drain", more).on("close", () => settle({ said, sent }))
    socket.write(`${head.join("\r\n").replace("HOST", host)}\r\n\r\n`)
    more()
  })

const refused = (said: string, status: number) => {
  const answer = parse(said)
  assert.strictEqual(answer.status, status, said.slice(0, 300))
  assert.strictEqual(answer.headers.get("content-type"), "application/problem+json")
  assert.strictEqual(answer.headers.get("connection"), "close")
  const problem = JSON.parse(answer.body) as Record<string, unknown>
  assert.hasAllKeys(problem, ["type", "title", "status", "detail"])
  assert.deepStrictEqual([problem["title"], problem["status"]], [words[status], status])
  assert.match(String(problem["detail"]), / Nothing was done\.$/)
}
/** Nobody can fill the log, or find in it what went wrong in here, by sending too much. */
const unlogged = async (work: () => Promise<unknown>) => {
  const before = server.stdout().length + server.stderr().length
  await work()
  assert.strictEqual(server.stdout().length + server.stderr().length, before, server.stderr().slice(-500))
}

describe("HTTP-01 a body that is too large", { timeout: 60_000 }, () => {
  it("is 413 by its length alone, before a byte of it has come", () =>
    unlogged(async () => {
      for (const [path, headers] of places()) {
        for (const length of [limit + 1, 150_000_000, "9".repeat(15)]) {
          const head = [`POST ${path} HTTP/1.1`, "Host: HOST", ...headers, `Content-Length: ${length}`]
          const { said } = await pour(head, "", 0)
          refused(said, 413)
        }
      }
    }))

  it("is not asked for when its sender waits to be", () =>
    unlogged(async () => {
      for (const [path, headers] of places()) {
        const head = [`POST ${path} HTTP/1.1`, "Host: HOST", ...headers, "Expect: 100-continue"]
        const { said } = await pour([...head, `Content-Length: ${limit + 1}`], "", 0)
        assert.notInclude(said, "100 Continue")
        refused(said, 413)
      }
    }))

  const piece = `10000\r\n${" ".repeat(65_536)}\r\n`
  for (const [how, header, sends] of [
    ["told", "Content-Length: 150000000", " ".repeat(65_536)],
    ["in chunks, untold", "Transfer-Encoding: chunked", piece]
  ] as const) {
    it(`of 150 MB, its length ${how}, is 413 and read no further than the limit; the server does not grow`, () =>
      unlogged(async () => {
        const before = resident(server.process.pid ?? 0)
        for (const [path, headers] of places()) {
          const { said, sent } = await pour([`POST ${path} HTTP/1.1`, "Host: HOST", ...headers, header], sends, 150e6)
          refused(said, 413)
          // What the two sockets hold is the kernel's.
          assert.isBelow(sent, 20e6)
        }
        assert.isBelow(resident(server.process.pid ?? 0) - before, 30e6)
      }))
  }

  it("begins one byte over the limit", () =>
    unlogged(async () => {
      for (const [path, headers] of places()) {
        const post = (body: string, more: ReadonlyArray<string> = []) =>
          raw(server.url, { line: `POST ${path}`, headers: [...headers, ...more], body })
        const own = path === "/api/login" ? 4096 : limit
        const most = await post(" ".repeat(own))
        assert.deepStrictEqual([most.status, JSON.parse(most.body).title], [400, "Bad Request"])
        assert.strictEqual((await post(" ".repeat(own + 1))).status, 413)
      }
    }))
})

describe("HTTP-02 a packed body", () => {
  const plain = JSON.stringify({ prompt: "x", token: "x" })
  const bomb = Buffer.alloc(50_000_000)
  const packed: ReadonlyArray<readonly [encoding: string, body: Buffer]> = [
    ["gzip", gzipSync(plain)],
    ["gzip", gzipSync(bomb)],
    ["deflate", deflateSync(plain)],
    ["br", brotliCompressSync(plain)],
    ["GZIP, gzip", gzipSync(gzipSync(plain))],
    ["zstd", Buffer.from(plain)],
    ["identity, gzip", gzipSync(plain)],
    ["", Buffer.from(plain)]
  ]
  for (const [encoding, body] of packed) {
    it(`is 415 and not unpacked: ${JSON.stringify(encoding)}, ${body.length} bytes`, () =>
      unlogged(async () => {
        for (const [path, headers] of places()) {
          const own = [...headers, `Content-Encoding: ${encoding}`]
          const head = [`POST ${path} HTTP/1.1`, "Host: HOST", ...own, `Content-Length: ${body.length}`]
          const { said } = await pour(head, body, 1)
          refused(said, 415)
          assert.include(said, "not compressed")
        }
      }))
  }

  it("is not one that says it is as it is", async () => {
    for (const [path, headers] of places()) {
      const own = [...headers, "Content-Encoding: Identity"]
      assert.notStrictEqual((await raw(server.url, { line: `POST ${path}`, headers: own, body: plain })).status, 415)
    }
  })
})
