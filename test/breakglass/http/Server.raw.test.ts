/** Requests as bytes: what two readers could read differently is refused, and nobody is taken for somebody else. */
import { assert, describe, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer, token } from "../../support/server/BreakglassServer.ts"
import { bytes } from "../../support/http/raw.ts"

const edge = "an-edge-secret-that-is-long-enough-for-any-bind"
const origin = "http://breakglass.example"
const bearer = `Authorization: Bearer ${token}`
const anna = [`X-Breakglass-Edge: ${edge}`, "X-Authentik-Username: anna"]
let server: Server
beforeAll(async () => {
  server = await startServer({ env: { BREAKGLASS_EDGE_SECRET: edge, BREAKGLASS_PUBLIC_ORIGIN: origin } })
})
afterAll(() => discard(server))

const request = (line: string, headers: ReadonlyArray<string>, body = "", version = "1.1") =>
  `${[`${line} HTTP/${version}`, ...headers].join("\r\n")}\r\n\r\n${body}`
const host = () => `Host: ${new URL(server.url).host}`
const close = "Connection: close"
const statuses = (said: string) => [...said.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
const operators = (said: string) => [...said.matchAll(/"operator":"(\w+)"/g)].map(([, name]) => name)
const effect = async () => (await server.request("/api/session")).text()

describe("HTTP-07 a request that two readers could read differently", () => {
  const json = "Content-Type: application/json"
  const chunked = "Transfer-Encoding: chunked"
  const smuggled = request("POST /api/session", ["Host: x", bearer])
  const cases: ReadonlyArray<readonly [what: string, headers: ReadonlyArray<string>, body: string]> = [
    ["both lengths", ["Content-Length: 5", chunked], `0\r\n\r\n${smuggled}`],
    ["both lengths, the other way round", [chunked, "Content-Length: 5"], `0\r\n\r\n${smuggled}`],
    ["two lengths", ["Content-Length: 2", `Content-Length: ${2 + smuggled.length}`], `{}${smuggled}`],
    ["one length twice", ["Content-Length: 2", "Content-Length: 2"], "{}"],
    ["a list of lengths", ["Content-Length: 2, 2"], "{}"],
    ["a length with a sign", ["Content-Length: +2"], "{}"],
    ["a length in hex", ["Content-Length: 0x2"], "{}"],
    ["chunked, then identity", ["Transfer-Encoding: chunked, identity"], `0\r\n\r\n${smuggled}`],
    ["identity, then chunked", ["Transfer-Encoding: identity, chunked"], `0\r\n\r\n${smuggled}`],
    ["a coding that ends like chunked", ["Transfer-Encoding: xchunked"], `0\r\n\r\n${smuggled}`],
    ["chunked twice", [chunked, chunked], `0\r\n\r\n${smuggled}`],
    ["a bare LF between headers", ["X-A: b\nX-C: d"], smuggled],
    ["a header folded over two lines", ["X-A: b\r\n c"], smuggled],
    ["a space before the colon", ["X-A : b"], smuggled],
    ["a space before a length's colon", ["Content-Length : 2"], `{}${smuggled}`],
    ["a NUL in a header", ["X-A: b\0c"], smuggled],
    ["a bare CR in a header", ["X-A: b\rX-C: d"], smuggled]
  ]
  for (const [what, headers, body] of cases) {
    it(`is 400 and the end of its connection: ${what}`, async () => {
      const before = await effect()
      const said = await bytes(server.url, request("POST /api/session", [host(), bearer, json, ...headers], body))
      assert.deepStrictEqual(statuses(said), [400])
      assert.match(said, /^connection: close$/im)
      assert.strictEqual(await effect(), before)
    })
  }

  it("is refused when all of its lines end in bare LF", async () => {
    const said = await bytes(server.url, request("POST /api/session", [host(), bearer]).replaceAll("\r\n", "\n"))
    assert.deepStrictEqual(statuses(said), [400])
  })

  it("is refused for a chunk's size that is none, a megabyte of chunk extension, or of trailer", async () => {
    const session = await server.session()
    const head = [host(), bearer, json, chunked]
    const line = `POST /api/session/${session}/prompt`
    const long = "x".repeat(1024 * 1024)
    const odd = `0x2\r\n{}\r\n0\r\n\r\n${smuggled}`
    assert.deepStrictEqual(statuses(await bytes(server.url, request(line, head, odd))), [400])
    assert.deepStrictEqual(statuses(await bytes(server.url, request(line, head, `1;${long}\r\n{\r\n0\r\n\r\n`))), [413])
    assert.deepStrictEqual(statuses(await bytes(server.url, request(line, head, `0\r\nX: ${long}\r\n\r\n`))), [431])
  })

  it("of HTTP/0.9 has nobody's identity, and of HTTP/1.0 keeps the connection only when asked", async () => {
    assert.deepStrictEqual(statuses(await bytes(server.url, "GET /api/session\r\n\r\n")), [401])
    assert.deepStrictEqual(statuses(await bytes(server.url, request("GET /health", [], "", "1.0").repeat(2))), [200])
    const kept = request("GET /api/info", [host(), bearer, "Connection: keep-alive"], "", "1.0")
    const said = await bytes(server.url, kept + request("GET /api/info", [host()], "", "1.0"))
    assert.deepStrictEqual([statuses(said), operators(said)], [[200, 401], ["token"]])
  })

  it("in a pipe has its own identity or none: each is asked anew", async () => {
    const own = ["Host: breakglass.example", ...anna]
    const info = (headers: ReadonlyArray<string>) => request("GET /api/info", headers)
    const made = request("POST /api/session", [host(), bearer, json, "Content-Length: 2"], "{}")
    const login = request("POST /api/login", [host(), `Origin: ${origin}`, json, "Content-Length: 2"], "{}")
    const piped = [info(own), info([host()]), info([host(), bearer]), info([host()]), made, info([host()]), login]
    const said = await bytes(server.url, `${piped.join("")}${info([...own, close])}`)
    assert.deepStrictEqual(statuses(said), [200, 401, 200, 401, 200, 401, 400, 200])
    assert.deepStrictEqual(operators(said), ["anna", "token", "anna"])
  })
})

describe("HTTP-14 an upgrade", () => {
  const socket = ["Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"]
  const kinds = [
    ["to a WebSocket", ["Connection: Upgrade", ...socket]],
    ["to HTTP/2", ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"]],
    ["to what nobody knows", ["Connection: Upgrade", "Upgrade: zq"]]
  ] as const
  for (const [what, headers] of kinds) {
    it(`${what} is refused and the socket closed, with a credential or without, and has no effect`, async () => {
      const before = await effect()
      for (const line of ["GET /api/session", "GET /api/pve/stream", "POST /api/session", "GET /", "GET /health"]) {
        for (const identity of [[], [bearer], ["Host: breakglass.example", ...anna]]) {
          const own = identity.length > 1 ? identity : [host(), ...identity]
          const said = await bytes(server.url, request(line, [...own, ...headers]))
          assert.deepStrictEqual(statuses(said), [400], line)
          assert.notMatch(said, /sec-websocket-accept|HTTP\/2/i)
        }
      }
      assert.strictEqual(await effect(), before)
    })
  }

  it("that comes unasked (HTTP/2 at once, a tunnel) is the end of the connection", async () => {
    assert.deepStrictEqual(statuses(await bytes(server.url, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")), [400])
    assert.strictEqual(
      await bytes(server.url, request("CONNECT evil.example:443", [bearer, "Host: evil.example:443"])),
      ""
    )
  })
})

describe("CSRF-06 a request for another host", () => {
  const ask = async (headers: ReadonlyArray<string>, target = "/api/session", version = "1.1") =>
    statuses(await bytes(server.url, request(`GET ${target}`, [...headers, close], "", version)))

  it("is 421 to an identity that comes by itself, however the host is named", async () => {
    const { host, port } = new URL(server.url)
    for (const other of [
      "evil.example",
      "192.0.2.7",
      `192.0.2.7:${port}`,
      "[::1]",
      "breakglass.example.evil.example"
    ]) {
      assert.deepStrictEqual(await ask([`Host: ${other}`, ...anna]), [421], other)
    }
    assert.deepStrictEqual(await ask(anna, "/api/session", "1.0"), [421])
    for (const own of ["breakglass.example", host])
      assert.deepStrictEqual(await ask([`Host: ${own}`, ...anna]), [200], own)
  })

  it("is 400 to anybody when the host is absent, named twice or in the target as well", async () => {
    const own = "Host: breakglass.example"
    for (const path of ["/api/session", "/health", "/"]) {
      for (const identity of [anna, [bearer]]) {
        assert.deepStrictEqual(await ask(identity, path), [400], "absent")
        assert.deepStrictEqual(await ask([own, "Host: evil.example", ...identity], path), [400], "twice")
        assert.deepStrictEqual(await ask([own, own, ...identity], path), [400], "the same twice")
        for (const target of ["http://evil.example", origin]) {
          assert.deepStrictEqual(await ask([own, ...identity], `${target}${path}`), [400], target)
        }
      }
    }
  })
})
