/** Every address of the contract under every method it does not take. */
import { assert, describe, it } from "@effect/vitest"
import { METHODS } from "node:http"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer, token } from "../../support/server/BreakglassServer.ts"
import { raw } from "../../support/http/raw.ts"
import { endpoints } from "../../support/http/requests.ts"

const bearer = `Authorization: Bearer ${token}`
const json = "Content-Type: application/json"
/** What asks for a change would carry. */
const body = '{"verb":"stop","op_id":"00000000-0000-4000-8000-000000000000","confirm":"devvm","prompt":"x"}'
/** CONNECT is another protocol; it is refused with the connection. */
const methods = METHODS.filter((method) => method !== "CONNECT")

describe("a method that an address does not take", { timeout: 60_000 }, () => {
  let server: Server
  let session: string
  beforeAll(async () => {
    server = await startServer()
    session = await server.session()
  })
  afterAll(() => discard(server))

  const effect = async () => [
    await (await server.request("/api/session")).text(),
    await (await server.request("/api/pve/ops")).text()
  ]
  const ask = (method: string, path: string, headers: ReadonlyArray<string>) =>
    raw(server.url, { line: `${method} ${path}`, headers: [json, ...headers], body: method === "HEAD" ? "" : body })
  /** As a request would spell it: `:verb` would take the name of another address for a verb. */
  const spelt = (path: string) =>
    path
      .replace(":id", session)
      .replace(":verb", "cycle")
      .replaceAll(/:(op_id|other)/g, "x")
      .replace(":event", "0")
  const open = ["/health", "/ready", "/api/login"]
  const addresses = [...new Set(endpoints.map(({ path }) => path))]
  const takes = (path: string): ReadonlyArray<string> => {
    const fits = (pattern: string) => new RegExp(`^${pattern.replaceAll(/:\w+/g, "[^/]+")}$`).test(spelt(path))
    const own = endpoints.filter((endpoint) => fits(endpoint.path)).map(({ method }) => method as string)
    return [...new Set(own.includes("GET") ? [...own, "HEAD"] : own)].sort()
  }

  for (const path of addresses) {
    it(`CSRF-04 is 405 at ${path}, says which it takes, and has no effect`, async () => {
      const before = await effect()
      const wrong = methods.filter((method) => !takes(path).includes(method))
      assert.isAbove(wrong.length, 20)
      for (const method of wrong) {
        const { status, headers, body } = await ask(method, spelt(path), [bearer])
        assert.deepStrictEqual([method, status, headers.get("allow")], [method, 405, takes(path).join(", ")])
        assert.strictEqual(headers.get("content-type"), "application/problem+json")
        if (method !== "HEAD") assert.include(body, "Nothing was done.")
      }
      assert.deepStrictEqual(await effect(), before)
    })

    it(`CSRF-04 tells nobody unproven what ${path} takes`, async () => {
      const method = path === "/api/pve/:verb" ? "PATCH" : "PUT"
      const { status, headers } = await ask(method, spelt(path), [])
      assert.deepStrictEqual([status, headers.has("allow")], open.includes(path) ? [405, true] : [401, false])
    })
  }

  for (const { path } of endpoints.filter(({ method }) => method === "POST")) {
    it(`CSRF-04 is not taken from a header at ${path}`, async () => {
      const before = await effect()
      for (const name of ["X-HTTP-Method-Override", "x-http-method", "X-Method-Override"]) {
        for (const method of ["POST", "GET"]) {
          const { status } = await ask(method, spelt(path), [
            bearer,
            `${name}: ${method === "GET" ? "POST" : "DELETE"}`
          ])
          assert.strictEqual(status, 405, `${method} with ${name}`)
        }
      }
      assert.deepStrictEqual(await effect(), before)
    })
  }

  it("CSRF-05 is answered to a preflight with nothing that allows anything", async () => {
    for (const identity of [[], [bearer]]) {
      for (const path of [...addresses, "/", "/api/nothing"]) {
        const asks = ["Origin: https://evil.example", "Access-Control-Request-Method: POST"]
        const { headers, status } = await ask("OPTIONS", spelt(path), [...asks, ...identity])
        assert.isAtLeast(status, 400)
        assert.deepStrictEqual(
          [...headers.keys()].filter((name) => name.startsWith("access-control")),
          []
        )
      }
    }
  })

  it("HTTP-12 is 404 in JSON where there is no address under /api, whatever the method", async () => {
    for (const method of methods) {
      const { status, headers } = await ask(method, "/api/nothing/here", [bearer, "Accept: text/html"])
      assert.deepStrictEqual([method, status], [method, 404])
      assert.strictEqual(headers.get("content-type"), "application/problem+json")
    }
  })
})
