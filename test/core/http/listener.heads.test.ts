/** HTTP-08: heads that are too large. Node refuses them itself, before anything of ours has seen them. */
import { assert, describe, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer, token } from "../../support/server/BreakglassServer.ts"
import { bytes } from "../../support/http/raw.ts"

const heads: ReadonlyArray<readonly [what: string, target: string, headers: ReadonlyArray<string>]> = [
  ["17 KiB in one header", "/api/session", [`X: ${"a".repeat(17 * 1024)}`]],
  ["17 KiB in one cookie", "/api/session", [`Cookie: breakglass=${"a".repeat(17 * 1024)}`]],
  ["2,100 headers", "/api/session", Array.from({ length: 2100 }, (_, at) => `h${at}: x`)],
  ["2,100 headers of one name", "/api/session", Array.from({ length: 2100 }, () => "a:")],
  ["a target of 16 KiB", `/api/session/${"a".repeat(16 * 1024)}`, []],
  ["a query of 16 KiB", `/api/session?${"a".repeat(16 * 1024)}`, []]
]

describe("HTTP-08 a head", () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => discard(server))

  for (const [what, target, headers] of heads) {
    for (const [method, identity] of [
      ["GET", []],
      ["POST", [`Authorization: Bearer ${token}`]]
    ] as const) {
      it(`is 431, the end of its connection, and has no effect: ${what}, ${method}`, async () => {
        const before = server.stdout() + server.stderr()
        const own = [`Host: ${new URL(server.url).host}`, ...identity, ...headers]
        const said = await bytes(server.url, `${[`${method} ${target} HTTP/1.1`, ...own].join("\r\n")}\r\n\r\n`)
        assert.match(said, /^HTTP\/1\.1 431 [\w ]+\r\nConnection: close\r\n\r\n$/)
        assert.deepInclude(await (await server.request("/api/session")).json(), { sessions: [] })
        assert.strictEqual(server.stdout() + server.stderr(), before)
      })
    }
  }

  it("below that is read to its end", async () => {
    const headers = Array.from({ length: 300 }, (_, at) => `h${at}: x`)
    const own = [`Host: ${new URL(server.url).host}`, ...headers, `Authorization: Bearer ${token}`, "Connection: close"]
    const said = await bytes(server.url, `${["GET /api/session HTTP/1.1", ...own].join("\r\n")}\r\n\r\n`)
    assert.match(said, /^HTTP\/1\.1 200 /)
  })
})
