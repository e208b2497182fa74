/** A cookie's end: it is nobody's from then on, and whoever reads by it is let go. */
import { assert, describe, it } from "@effect/vitest"
import { discard, named, openReader, type Server, startServer, token } from "../../support/server/BreakglassServer.ts"

const post = (server: Server, path: string, cookie: string, body = "{}", origin = server.url) => {
  const headers = { origin, host: new URL(origin).host, "content-type": "application/json", cookie }
  return fetch(`${server.url}${path}`, { method: "POST", headers, body })
}
const signIn = async (server: Server) => {
  const answer = await post(server, "/api/login", "", JSON.stringify({ token }))
  return answer.headers.get("set-cookie")?.split(";")[0] ?? ""
}

describe("signing in and out", () => {
  it("AUTH-01 another app on this host name cannot shadow the cookie, and a sign-out ends every one that was sent", async () => {
    const server = await startServer()
    const status = async (cookie: string) => (await fetch(`${server.url}/api/session`, { headers: { cookie } })).status
    const [mine, older] = [await signIn(server), await signIn(server)]
    assert.strictEqual(await status(`breakglass=junk; ${mine}`), 200)
    assert.strictEqual(await status(`breakglass=junk; __Host-breakglass=junk; ${mine}; breakglass=more`), 200)
    await post(server, "/api/logout", `breakglass=junk; ${mine}; ${older}`)
    assert.deepStrictEqual([await status(mine), await status(older)], [401, 401])
    await discard(server)
  })

  it("AUTH-01 under https the cookie is one that no other host name can set, and one from before it is still good", async () => {
    const origin = "https://bg.example.org"
    const server = await startServer({ env: { BREAKGLASS_PUBLIC_ORIGIN: origin } })
    const answer = await post(server, "/api/login", "", JSON.stringify({ token }), origin)
    const [set = ""] = answer.headers.getSetCookie()
    assert.match(set, /^__Host-breakglass=[^;]+; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
    const cookie = set.split(";")[0] ?? ""
    const status = async (cookie: string) => (await fetch(`${server.url}/api/session`, { headers: { cookie } })).status
    const before = cookie.replace("__Host-", "")
    assert.deepStrictEqual([await status(cookie), await status(before)], [200, 200])
    const out = await post(server, "/api/logout", cookie, "{}", origin)
    assert.deepStrictEqual(out.headers.getSetCookie(), [
      "__Host-breakglass=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict",
      "breakglass=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict"
    ])
    assert.deepStrictEqual([await status(cookie), await status(before)], [401, 401])
    await discard(server)
  })

  it("SSE-09 ends the streams of that login and refuses its cookie, copied or not; others read on", async () => {
    const server = await startServer({ env: { BREAKGLASS_SSE_KEEPALIVE_SECONDS: "1" } })
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
    const [mine, phone] = [await signIn(server), await signIn(server)]
    assert.notStrictEqual(mine, phone)
    const left = await both(mine)
    const stay = [...(await both(phone)), await server.attach(session)]

    const out = await post(server, "/api/logout", mine)
    assert.match(out.headers.getSetCookie().at(-1) ?? "", /^breakglass=; Max-Age=0;/)
    for (const path of ["/api/session", `/api/session/${session}/stream`, "/api/pve/stream", "/api/doctor"]) {
      assert.strictEqual((await fetch(`${server.url}${path}`, { headers: { cookie: mine } })).status, 401, path)
    }
    // The same number, spelt otherwise.
    for (const cookie of [mine, mine.replace("=", "=0")]) {
      assert.strictEqual((await post(server, "/api/session", cookie)).status, 401)
    }
    assert.strictEqual((await post(server, "/api/logout", mine)).status, 401)
    await Promise.all(left.map((reader) => reader.ended))

    assert.strictEqual((await server.prompt(session, "#say Still here.")).status, 200)
    for (const reader of [stay[0], stay[2]]) await reader?.until(({ data }) => data.includes("Still here."))
    assert.strictEqual((await fetch(`${server.url}/api/session`, { headers: { cookie: phone } })).status, 200)
    assert.isFalse(left.some((reader) => reader.text().includes("Still here.")))
    await discard(server)
  })
})
