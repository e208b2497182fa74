import { assert, describe, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer, token } from "../../support/server/BreakglassServer.ts"
import { raw } from "../../support/http/raw.ts"

const edge = "an-edge-secret-that-is-long-enough-for-any-bind"
const bearer = `Authorization: Bearer ${token}`
const json = "Content-Type: application/json"
const proxied = [`X-Breakglass-Edge: ${edge}`, "X-Authentik-Username: anna"]

describe("the boundary", () => {
  let server: Server
  let session: string
  beforeAll(async () => {
    server = await startServer({ env: { BREAKGLASS_EDGE_SECRET: edge, BREAKGLASS_ALLOWED_USERS: "anna" } })
    session = await server.session()
  })
  afterAll(() => discard(server))
  const own = () => `Origin: ${server.url}`
  const status = async (line: string, headers: ReadonlyArray<string> = [], body = "", from = "127.0.0.1") =>
    (await raw(server.url, { line, headers, body, from })).status
  const effect = async () => [
    await (await server.request("/api/session")).text(),
    await (await server.request("/api/pve/ops")).text()
  ]

  const routes = [
    ["GET /api/session", ""],
    ["GET /api/session/SESSION", ""],
    ["GET /api/session/SESSION/export", ""],
    ["GET /api/session/SESSION/stream?poll=1", ""],
    ["GET /api/session/SESSION/events/0/full", ""],
    ["PATCH /api/session/SESSION", '{"archived":true}'],
    ["DELETE /api/session/SESSION", ""],
    ["POST /api/session", ""],
    ["POST /api/session/SESSION/prompt", '{"prompt":"x"}'],
    ["POST /api/session/SESSION/cancel", ""],
    ["GET /api/pve/verbs", ""],
    ["GET /api/pve/screen", ""],
    ["GET /api/pve/ops", ""],
    ["GET /api/pve/ops/x", ""],
    ["GET /api/pve/ops/x/compare/y", ""],
    ["GET /api/pve/stream?poll=1", ""],
    ["POST /api/pve/ops", '{"verb":"cycle","op_id":"00000000-0000-4000-8000-000000000000","confirm":"devvm"}'],
    ["POST /api/pve/cycle", ""],
    ["GET /api/info", ""],
    ["GET /api/doctor", ""],
    ["POST /api/logout", ""],
    ["GET /metrics", ""],
    ["GET /docs", ""],
    ["GET /openapi.json", ""]
  ] as const

  it("AUTH-01 lists every route of the contract", async () => {
    const { paths } = (await (await server.request("/openapi.json")).json()) as {
      paths: Record<string, Record<string, unknown>>
    }
    const declared = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
    )
    const here = routes.map(([line]) =>
      line
        .replace("SESSION", "{id}")
        .replace("events/0", "events/{event}")
        .replace("ops/x", "ops/{op_id}")
        .replace("compare/y", "compare/{other}")
        .replace("POST /api/pve/cycle", "POST /api/pve/{verb}")
        .replace(/\?.*/, "")
    )
    assert.deepStrictEqual(
      declared.filter((route) => ![...here, "POST /api/login", "GET /health", "GET /ready"].includes(route)),
      []
    )
    assert.isAbove(declared.length, 15)
  })

  for (const [line, body] of routes) {
    // An address of its own, or there would be too many wrong ones from one.
    const from = `127.0.1.${routes.findIndex(([other]) => other === line) + 1}`
    it(`AUTH-01 refuses ${line} to anybody unproven, with no effect`, async () => {
      const before = await effect()
      const at = line.replace("SESSION", session)
      const nobody: ReadonlyArray<ReadonlyArray<string>> = [
        [],
        ["Authorization: Bearer wrong"],
        ["Authorization: Bearer"],
        [`Authorization: bearer ${token}`],
        [`Authorization: Bearer ${token}x`],
        ["X-Authentik-Username: anna"],
        ["X-Authentik-Username: anna", "X-Breakglass-Edge: wrong"],
        ["Cookie: breakglass=9999999999.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
        ["X-Forwarded-For: 127.0.0.1", "X-Forwarded-User: anna", "X-Original-URL: /health"]
      ]
      for (const headers of nobody) {
        assert.strictEqual(await status(at, [own(), json, ...headers], body, from), 401, headers.join(" "))
      }
      assert.strictEqual(
        await status(at, [own(), json, `X-Breakglass-Edge: ${edge}`, "X-Authentik-Username: eve"], body),
        403
      )
      assert.strictEqual(await status(at, [own(), json, ...proxied, "x_authentik_username: eve"], body), 400)
      assert.strictEqual(await status(at, [own(), json, ...proxied, "X-Authentik-Username: anna"], body), 400)
      assert.deepStrictEqual(await effect(), before)
    })
  }

  for (const [line, body] of routes.filter(([line]) => line.startsWith("POST"))) {
    it(`CSRF-01 refuses ${line} from anywhere but this page, with no effect`, async () => {
      const before = await effect()
      const [at, { host }] = [line.replace("SESSION", session), new URL(server.url)]
      const foreign = [
        "Origin: https://evil.example",
        "Origin: null",
        `Origin: http://${host}.`,
        `Origin: http://${host}1`,
        `Origin: http://sub.${host}`,
        ""
      ]
      for (const origin of foreign) {
        assert.strictEqual(await status(at, [json, ...proxied, ...(origin === "" ? [] : [origin])], body), 403, origin)
      }
      for (const site of ["cross-site", "same-site", "none"]) {
        assert.strictEqual(await status(at, [json, own(), `Sec-Fetch-Site: ${site}`, ...proxied], body), 403, site)
      }
      for (const type of [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json;x",
        "application/jsonp"
      ]) {
        assert.strictEqual(await status(at, [`Content-Type: ${type}`, own(), ...proxied], body), 415, type)
      }
      assert.strictEqual(await status(at, [own(), ...proxied], body), 415)
      assert.deepStrictEqual(await effect(), before)
    })
  }

  it("CSRF-08 serves a client with the token and no Origin", async () =>
    assert.strictEqual(await status("POST /api/session", [bearer]), 200))

  it("lets in whom the proven edge names, from our own page", async () => {
    assert.strictEqual(
      await status("POST /api/session", [own(), json, "Sec-Fetch-Site: same-origin", ...proxied], "{}"),
      200
    )
  })

  it("signs a browser in for the token, and out again", async () => {
    const login = (given: string) =>
      raw(server.url, {
        from: "127.0.2.1",
        line: "POST /api/login",
        headers: [own(), json],
        body: JSON.stringify({ token: given })
      })
    assert.strictEqual((await login("wrong")).status, 401)
    const { headers } = await login(token)
    const set = headers.get("set-cookie") ?? ""
    assert.match(set, /^breakglass=[^;]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/)
    assert.notInclude(set, token)
    const cookie = `Cookie: ${set.split(";")[0]}`
    assert.strictEqual(await status("GET /api/session", [cookie]), 200)
    assert.strictEqual(await status("POST /api/session", [cookie, json, "Origin: https://evil.example"]), 403)
    assert.strictEqual(await status("POST /api/session", [cookie, json, own()], "{}"), 200)
  })
})
