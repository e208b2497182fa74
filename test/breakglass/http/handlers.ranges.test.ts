import { assert, describe, it } from "@effect/vitest"
import { readdirSync } from "node:fs"
import { afterAll, beforeAll } from "vitest"
import { discard, dist, type Server, startServer, token } from "../../support/server/BreakglassServer.ts"
import { golden } from "../../support/http/headers.ts"
import { raw } from "../../support/http/raw.ts"

const bearer = `Authorization: Bearer ${token}`
let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => discard(server))

describe("HTTP-11 ranges, conditions and HEAD", () => {
  const asset = `/assets/${readdirSync(dist("web/assets")).find((name) => name.endsWith(".js")) ?? ""}`
  const get = (headers: ReadonlyArray<string>, line = `GET ${asset}`) => raw(server.url, { line, headers })

  it("of a file: never more than the file, whatever is asked", async () => {
    const { body, headers } = await get([])
    const bomb = Array.from({ length: 1000 }, (_, at) => `${at}-`).join(",")
    const cases = [
      ["Range: bytes=0-0", 206, 1],
      ["Range: bytes=-5", 206, 5],
      [`Range: bytes=${bomb}`, 200, body.length],
      ["Range: bytes=0-,0-,0-", 200, body.length],
      ["Range: lines=1-2", 200, body.length],
      ["Range: bytes=5-1", 416, 0],
      [`Range: bytes=${body.length}-`, 416, 0],
      [`If-None-Match: ${headers.get("etag")}`, 304, 0],
      [`If-Modified-Since: ${headers.get("last-modified")}`, 304, 0],
      ["If-Modified-Since: yesterday", 200, body.length],
      ['If-Match: "another"', 412, 0]
    ] as const
    for (const [header, status, length] of cases) {
      const answer = await get([header])
      assert.strictEqual(answer.status, status, header.slice(0, 60))
      if (status < 400) assert.strictEqual(answer.body.length, length, header.slice(0, 60))
      else assert.strictEqual(answer.headers.get("content-type"), "application/problem+json")
      for (const [name, value] of Object.entries(golden)) assert.strictEqual(answer.headers.get(name), value)
    }
  })

  it("of an answer that is made: it is the whole answer", async () => {
    const { body } = await get([bearer], "GET /api/session")
    for (const header of ["Range: bytes=0-0", "If-None-Match: *", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"]) {
      const answer = await get([bearer, header], "GET /api/session")
      assert.deepStrictEqual([answer.status, answer.body], [200, body], header)
    }
  })

  it("HEAD is GET without the body, and of a stream it leaves no reader behind", async () => {
    const session = await server.session()
    for (const path of ["/", asset, "/health", "/api/session", `/api/session/${session}`, "/metrics", "/docs"]) {
      const [head, whole] = [await get([bearer], `HEAD ${path}`), await get([bearer], `GET ${path}`)]
      assert.deepStrictEqual([head.status, head.body], [whole.status, ""], path)
      assert.strictEqual(head.headers.get("content-type"), whole.headers.get("content-type"))
    }
    for (const path of [`/api/session/${session}/stream`, "/api/pve/stream"]) {
      for (let times = 0; times < 50; times++) {
        const { status, headers, body } = await get([bearer], `HEAD ${path}`)
        assert.deepStrictEqual([status, headers.get("content-type"), body], [200, "text/event-stream", ""])
      }
    }
    const readers = async () => (await (await server.request("/metrics")).text()).match(/^\w+_stream_readers .*$/m)?.[0]
    while ((await readers()) !== "breakglass_stream_readers 0") continue
  })
})
