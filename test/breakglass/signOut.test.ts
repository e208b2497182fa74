/** A cookie's end: it is nobody's from then on, and whoever reads by it is let go. */
import { assert, describe, it } from "@effect/vitest"
import { discard, named, openReader, startServer, token } from "../support/BreakglassServer.ts"

describe("signing out", () => {
  it("SSE-09 ends the streams of that login and refuses its cookie, copied or not; others read on", async () => {
    const server = await startServer({ env: { BREAKGLASS_SSE_KEEPALIVE_SECONDS: "1" } })
    const post = (path: string, cookie: string, body = "{}") => {
      const headers = { origin: server.url, "content-type": "application/json", cookie }
      return fetch(`${server.url}${path}`, { method: "POST", headers, body })
    }
    const signIn = async () => {
      const answer = await post("/api/login", "", JSON.stringify({ token }))
      return answer.headers.get("set-cookie")?.split(";")[0] ?? ""
    }
    const session = await server.session()
    const read = async (path: string, cookie: string) => {
      const reader = openReader(await fetch(`${server.url}${path}`, { headers: { cookie } }))
      await reader.until(named("caught-up"))
      return reader
    }
    const both = async (cookie: string) => [
      await read(`/api/session/${session}/stream`, cookie),
      await read("/api/pve/stream", cookie)
    ]
    const [mine, phone] = [await signIn(), await signIn()]
    assert.notStrictEqual(mine, phone)
    const left = await both(mine)
    const stay = [...(await both(phone)), await server.attach(session)]

    const out = await post("/api/logout", mine)
    assert.match(out.headers.get("set-cookie") ?? "", /^breakglass=; Max-Age=0;/)
    for (const path of ["/api/session", `/api/session/${session}/stream`, "/api/pve/stream", "/api/doctor"]) {
      assert.strictEqual((await fetch(`${server.url}${path}`, { headers: { cookie: mine } })).status, 401, path)
    }
    // The same number, spelt otherwise.
    for (const cookie of [mine, mine.replace("=", "=0")]) {
      assert.strictEqual((await post("/api/session", cookie)).status, 401)
    }
    assert.strictEqual((await post("/api/logout", mine)).status, 401)
    await Promise.all(left.map((reader) => reader.ended))

    assert.strictEqual((await server.prompt(session, "#say Still here.")).status, 200)
    for (const reader of [stay[0], stay[2]]) await reader?.until(({ data }) => data.includes("Still here."))
    assert.strictEqual((await fetch(`${server.url}/api/session`, { headers: { cookie: phone } })).status, 200)
    assert.isFalse(left.some((reader) => reader.text().includes("Still here.")))
    await discard(server)
  })
})
