/** What somebody costs who has shown nothing yet: a little memory, for a little while, and no time of the buttons'. */
import { assert, describe, it } from "@effect/vitest"
import { request } from "node:http"
import { connect, type Socket } from "node:net"
import { afterAll, beforeAll } from "vitest"
import { most } from "../../../src/core/http/strangers.ts"
import * as Wrong from "../../../src/core/http/failedSignIns.ts"
import { discard, type Server, startServer, token } from "../../support/server/BreakglassServer.ts"
import { upTo } from "../../support/journal/journals.ts"
import { eventually } from "../../support/server/processes.ts"

const json = "Content-Type: application/json"
const bearer = `Authorization: Bearer ${token}`
const login = (server: Server) => [
  "POST /api/login HTTP/1.1",
  `Host: ${new URL(server.url).host}`,
  json,
  `Origin: ${server.url}`
]

/** Sends a head, and perhaps more, and leaves the connection open; what it has heard so far. */
const open = (server: Server, head: ReadonlyArray<string>, more = "") =>
  new Promise<{ readonly socket: Socket; readonly heard: () => string; readonly closed: Promise<string> }>((settle) => {
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    let heard = ""
    socket
      .on("error", () => {})
      .setEncoding("latin1")
      .on("data", (chunk: string) => (heard += chunk))
    const closed = new Promise<string>((done) => socket.once("close", () => done(heard)))
    socket.write(head.length === 0 ? "" : `${head.join("\r\n")}\r\n\r\n${more}`, () =>
      settle({ socket, heard: () => heard, closed })
    )
  })

describe("a stranger", { timeout: 60_000 }, () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => discard(server))

  it("may send 4 KiB to sign in, and one byte more is not read", async () => {
    const body = (size: number) => `{"token":"wrong","x":"${"x".repeat(size - 24)}"}`
    for (const [size, status] of [
      [4096, 401],
      [4097, 413]
    ] as const) {
      assert.strictEqual(body(size).length, size)
      const told = [...login(server), "Connection: close", `Content-Length: ${size}`]
      assert.match(await (await open(server, told, body(size))).closed, new RegExp(`^HTTP/1\\.1 ${status} `))
      const chunked = [...login(server), "Connection: close", "Transfer-Encoding: chunked"]
      const chunk = `${size.toString(16)}\r\n${body(size)}\r\n0\r\n\r\n`
      assert.match(await (await open(server, chunked, chunk)).closed, new RegExp(`^HTTP/1\\.1 ${status} `))
    }
  })

  it("has no body read anywhere else: the answer comes with the head, and ends the connection", async () => {
    for (const path of ["/api/pve/ops", "/api/session", "/api/logout", "/api/pve/status"]) {
      for (const credential of [[], ["Authorization: Bearer wrong"]]) {
        const head = [`POST ${path} HTTP/1.1`, "Host: x", json, ...credential, "Content-Length: 100000"]
        const heard = await (await open(server, head, "{")).closed
        assert.match(heard, /^HTTP\/1\.1 401 .*\r\nconnection: close\r\n/is, path)
      }
    }
  })

  it("who signs in slowly has ten seconds", async () => {
    const began = performance.now()
    const { closed } = await open(server, [...login(server), "Content-Length: 100"], "{")
    assert.strictEqual(await closed, "")
    const passed = performance.now() - began
    assert.isTrue(passed > 9_900 && passed < 20_000, `${passed} ms`)
  })

  it("is one of at most so many, the oldest goes for the next, and no operator is among them", async () => {
    const reader = await server.attach(await server.session())
    const kept = await open(server, ["GET /api/info HTTP/1.1", "Host: x", bearer])
    await eventually(() => kept.heard().includes('"operator":"token"'))
    const slow = `POST /api/pve/ops HTTP/1.1\r\nHost: x\r\n${bearer}\r\n${json}\r\nContent-Length: 9999`.split("\r\n")
    const posting = await open(server, slow, "{")
    // Its head has been read, and its sender is known.
    assert.strictEqual((await server.request("/api/info")).status, 200)
    const crowd: Array<Awaited<ReturnType<typeof open>>> = []
    for (const _ of upTo(most + 50)) crowd.push(await open(server, []))
    await eventually(() => crowd.filter(({ socket }) => socket.closed).length === 50)
    assert.deepStrictEqual(
      crowd.map(({ socket }) => socket.closed),
      upTo(crowd.length).map((at) => at < 50)
    )
    for (const one of [kept, posting]) assert.isFalse(one.socket.closed)
    assert.strictEqual(
      (await fetch(`${server.url}/api/info`, { headers: { authorization: bearer.slice(15) } })).status,
      200
    )
    kept.socket.write(`GET /api/info HTTP/1.1\r\nHost: x\r\n${bearer}\r\n\r\n`)
    await eventually(() => kept.heard().split('"operator":"token"').length === 3)
    for (const { socket } of [...crowd, kept, posting]) socket.destroy()
    await reader.close()
  })

  it("and an operator too is refused what nests, or has many members, before it is parsed", async () => {
    const session = await server.session()
    const post = async (body: string) => {
      const headers = { "content-type": "application/json" }
      return (await server.request(`/api/session/${session}/prompt`, { method: "POST", headers, body })).status
    }
    const many = `{${upTo(40_000)
      .map((at) => `"k${at}":1`)
      .join()},"prompt":"x"}`
    const deep = (levels: number) => `{"prompt":"#say x","y":${"[".repeat(levels)}${"]".repeat(levels)}}`
    assert.deepStrictEqual([await post(many), await post(deep(8)), await post(deep(100_000))], [400, 400, 400])
    assert.strictEqual(await post(JSON.stringify({ prompt: `#say ${'[{,"\\'.repeat(5000)}` })), 200)
  })
})

describe("wrong credentials", () => {
  const ask = (server: Server, from: string, credential: string) =>
    new Promise<readonly [status: number | undefined, retry: string | undefined]>((settle, fail) => {
      const headers = { authorization: `Bearer ${credential}` }
      request(`${server.url}/api/info`, { headers, localAddress: from, agent: false }, (answer) => {
        answer.resume()
        settle([answer.statusCode, answer.headers["retry-after"]])
      })
        .on("error", fail)
        .end()
    })

  it("AUTH-14 of one address are 429 after twenty in a minute; the right one is taken, and nobody else is refused", async () => {
    const server = await startServer()
    const from = (address: string, credential: string) => ask(server, address, credential)
    for (const _ of upTo(20)) assert.deepStrictEqual(await from("127.0.0.1", "wrong"), [401, undefined])
    const [status, retry] = await from("127.0.0.1", "wrong")
    assert.strictEqual(status, 429)
    assert.isAtMost(Number(retry), 60)
    assert.isAtLeast(Number(retry), 1)
    assert.deepStrictEqual(await from("127.0.0.1", token), [200, undefined])
    assert.deepStrictEqual(await from("127.0.0.2", "wrong"), [401, undefined])
    const signIn = async (token: string) => {
      const headers = { origin: server.url, "content-type": "application/json" }
      return (await fetch(`${server.url}/api/login`, { method: "POST", headers, body: JSON.stringify({ token }) }))
        .status
    }
    assert.deepStrictEqual([await signIn("wrong"), await signIn(token)], [429, 200])
    // Nobody, and a login that is over, are no guesses: the page has to hear that it is signed out.
    for (const headers of [{}, { cookie: "breakglass=1.x" }]) {
      assert.strictEqual((await fetch(`${server.url}/api/info`, { headers })).status, 401)
    }
    const lines = server
      .stdout()
      .split("\n")
      .filter((line) => line.includes("wrong credential"))
    assert.strictEqual(lines.length, 1)
    assert.include(lines[0], "A wrong credential was refused, the last from 127.0.0.1.")
    await discard(server)
  })

  it("are told in the log once a minute, with their number", () => {
    const wrongs = Wrong.make()
    const lines = upTo(7000).flatMap((at) => wrongs.seen(`192.0.2.${at % 250}`, 1000 + at).line ?? [])
    assert.lengthOf(lines, 1)
    assert.isNull(wrongs.rest(30_000))
    assert.match(wrongs.rest(62_000) ?? "", /^6999 wrong credentials were refused, the last from 192\.0\.2\.249\. /)
    assert.isNull(wrongs.rest(200_000))
  })

  it("count for a network of IPv6, begin anew after a minute, and take no more memory than a thousand addresses", () => {
    const wrongs = Wrong.make()
    for (const at of upTo(20)) assert.isNull(wrongs.seen(`2001:db8:0:1::${at}`, 0).wait)
    assert.strictEqual(wrongs.seen("2001:db8:0:1:9:9:9:9%eth0", 10_000).wait, 50)
    assert.isNull(wrongs.seen("2001:db8:0:2::1", 10_000).wait)
    assert.isNull(wrongs.seen("2001:db8:0:1::1", 60_000).wait)
    for (const at of upTo(2000)) wrongs.seen(`10.0.${at >> 8}.${at & 255}`, 61_000)
    for (const _ of upTo(20)) assert.isNull(wrongs.seen("2001:db8:0:1::1", 62_000).wait)
  })
})
