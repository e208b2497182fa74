/** HTTP-03: bodies that are no JSON, or more than was asked for. */
import { assert, describe, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer, token } from "../../support/server/BreakglassServer.ts"
import { fakeLog, prompts, started } from "../../support/server/processes.ts"

let server: Server
let session: string
beforeAll(async () => {
  server = await startServer()
  session = await server.session()
})
afterAll(() => discard(server))

const post = (path: string, body: string | Uint8Array<ArrayBuffer>) =>
  fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, origin: server.url, "content-type": "application/json" },
    body
  })
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth)
const utf16 = (text: string) => new Uint8Array(Buffer.from(text, "utf16le"))
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, "latin1"))
/** A word that must not come back. */
const asked = '{"prompt":"zq","token":"zq","verb":"status","op_id":"00000000-0000-4000-8000-00000000000'

const bad: ReadonlyArray<readonly [what: string, body: string | Uint8Array<ArrayBuffer>]> = [
  ["nothing", ""],
  ["half an object", '{"prompt":"zq",'],
  ["single quotes", "{'prompt':'zq','token':'zq'}"],
  ["garbage behind it", `${asked}0"} zq`],
  ["two documents", `${asked}0"}${asked}1"}`],
  ["null", "null"],
  ["a list", `[${asked}0"}]`],
  ["10,000 lists in each other", nested(10_000)],
  ["200,000 lists in each other", nested(200_000)],
  ["10,000 lists for a text", `{"prompt":${nested(10_000)},"token":${nested(10_000)},"verb":${nested(10_000)}}`],
  ["a number that is none", '{"prompt":1e999,"token":1e999,"verb":1e999}'],
  ["what it asks for under __proto__", `{"__proto__":${asked}0"}}`],
  ["what it asks for under constructor", `{"constructor":{"prototype":${asked}0"}}}`],
  ["a byte order mark", `\uFEFF${asked}0"}`],
  ["UTF-16", utf16(`${asked}0"}`)],
  ["UTF-16 with its mark", utf16(`\uFEFF${asked}0"}`)],
  ["Latin-1", latin1(`${asked}0","x":"\u00e9"}`)],
  ["half a character of UTF-8", latin1(`${asked}0","x":"\u00e2\u0082"}`)],
  ["a surrogate in UTF-8", latin1(`${asked}0","x":"\u00ed\u00a0\u0080"}`)],
  ["a character in too many bytes", latin1(`${asked}0","x":"\u00c0\u00af"}`)]
]

describe("HTTP-03 a body", () => {
  for (const [what, body] of bad) {
    it(`is 400 in fixed words, repeats nothing and has no effect: ${what}`, async () => {
      const before = server.stdout() + server.stderr()
      for (const path of [`/api/session/${session}/prompt`, "/api/pve/ops", "/api/login"]) {
        const answer = await post(path, body)
        const said = await answer.text()
        const long = path === "/api/login" && Buffer.byteLength(body) > 4096
        assert.strictEqual(answer.status, long ? 413 : 400, path)
        assert.strictEqual(answer.headers.get("content-type"), "application/problem+json")
        const problem = JSON.parse(said) as Record<string, unknown>
        assert.hasAllKeys(problem, ["type", "title", "status", "detail"])
        assert.include(
          [
            "The body is too large. Nothing was done.",
            "Request validation failed",
            "The request could not be read. Nothing was done."
          ],
          problem["detail"]
        )
      }
      const row = (await (await server.request(`/api/session/${session}`)).json()) as { last_event_id: unknown }
      assert.isNull(row.last_event_id)
      assert.deepStrictEqual(await (await server.request("/api/pve/ops")).json(), { operations: [] })
      assert.strictEqual(server.stdout() + server.stderr(), before)
    })
  }

  it("may hold more than is read: what nobody asked for changes nothing, under whatever name", async () => {
    const own = await server.session()
    const more = `"z":${nested(7)},"n":1e999,"__proto__":{"model":"--settings"},"constructor":{"prototype":{"model":"x"}}`
    const reader = await server.attach(own)
    assert.strictEqual((await post(`/api/session/${own}/prompt`, `{"prompt":"#say \u2028zq",${more}}`)).status, 200)
    await reader.until(({ data }) => data.includes('"turn_end"'))
    await reader.close()
    assert.deepStrictEqual(prompts(server.home), ["\n#say \u2028zq"])
    const argv = started(server.home).at(-1) ?? []
    assert.strictEqual(argv[argv.indexOf("--model") + 1], "sonnet")
    assert.isFalse(JSON.stringify(fakeLog(server.home)).includes("--settings"))
  })
})
