import { assert, describe, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import { discard, named, ofKind, type Server, startServer, token } from "../../support/server/BreakglassServer.ts"
import { started } from "../../support/server/processes.ts"
import { raw } from "../../support/http/raw.ts"

const promptLimit = 64 * 1024

describe("bad input", () => {
  let server: Server
  let session: string
  beforeAll(async () => {
    server = await startServer()
    session = await server.session()
  })
  afterAll(() => discard(server))
  /** The server itself asks its CLI for its --help. */
  const turns = () => started(server.home).filter((argv) => argv[0] !== "--help")

  const model = (name: unknown) => ({ prompt: "x", model: name })
  const cases = [
    ["HTTP-04: an empty prompt", { prompt: "" }, 400],
    ["HTTP-04: a blank prompt", { prompt: " \n\t " }, 400],
    ["HTTP-04: a NUL", { prompt: "a\0b" }, 400],
    ["HTTP-04: half a surrogate pair", { prompt: "a\uD800b" }, 400],
    ["HTTP-04: its other half", { prompt: "\uDC00" }, 400],
    ["HTTP-04: no prompt", {}, 400],
    ["HTTP-04: a number as the prompt", { prompt: 5 }, 400],
    ["HTTP-04: no object", [], 400],
    ["HTTP-04: a byte over 64 KiB", { prompt: "x".repeat(promptLimit + 1) }, 413],
    ["HTTP-04: a byte over 64 KiB in characters of two", { prompt: `x${"\u00e9".repeat(promptLimit / 2)}` }, 413],
    ["HTTP-05: an unknown model", model("gpt"), 400],
    ["HTTP-05: an option as the model", model("--settings"), 400],
    ["HTTP-05: a short option", model("-p"), 400],
    ["HTTP-05: a path", model("../x"), 400],
    ["HTTP-05: a model in another case", model("Sonnet"), 400],
    ["HTTP-05: a model in letters that look like it", model("s\u043ennet"), 400],
    ["HTTP-05: a model and more", model("sonnet --settings x"), 400],
    ["HTTP-05: a model with a newline", model("sonnet\n"), 400],
    ["HTTP-05: no model's name", model(""), 400],
    ["HTTP-05: a name that every object has", model("constructor"), 400],
    ["HTTP-05: a list of models", model(["sonnet"]), 400],
    ["HTTP-05: a model of a megabyte", model("m".repeat(1024 * 1024)), 413]
  ] as const
  for (const [what, body, status] of cases) {
    it(`${what} is ${status}, as a problem; nothing is logged and no CLI started`, async () => {
      const answer = await server.post(`/api/session/${session}/prompt`, body)
      assert.strictEqual(answer.status, status)
      assert.strictEqual(answer.headers.get("content-type"), "application/problem+json")
      const problem = (await answer.json()) as Record<string, unknown>
      assert.hasAllKeys(problem, ["type", "title", "status", "detail"])
      assert.strictEqual(problem["status"], status)
      const row = (await (await server.request(`/api/session/${session}`)).json()) as { last_event_id: unknown }
      assert.isNull(row.last_event_id)
      assert.deepStrictEqual(turns(), [])
    })
  }

  const ids = ["..", ".", "null", "undefined", "__proto__", "0", "A".repeat(36), "%2e%2e", "%2e%2e%2fvm", "vm", "a%00b"]
  const uuids = ["00000000-0000-4000-8000-000000000000", "SESSION", "{ID}", "ID%20", "ID%0a", "ID'--", "ID/../ID"]
  for (const id of [...ids, ...uuids, "x".repeat(10_240), "%"]) {
    it(`HTTP-10: 404 is the session ${id.slice(0, 40)}, whatever is asked of it`, async () => {
      const at = id.replace("SESSION", session.toUpperCase()).replaceAll("ID", session)
      const before = await (await server.request("/api/session")).text()
      const post = { "/prompt": '{"prompt":"x"}', "/cancel": "{}" }
      for (const [below, body] of Object.entries({
        "": "",
        "/stream?poll=1": "",
        "/export": "",
        "/events/0/full": "",
        ...post
      })) {
        const headers = [`Authorization: Bearer ${token}`, "Content-Type: application/json"]
        const line = `${body === "" ? "GET" : "POST"} /api/session/${at}${below}`
        const answer = await raw(server.url, { line, headers, body })
        assert.include([404, ...(id === "%" ? [400] : [])], answer.status, below)
        if (at.length > 9) assert.notInclude(answer.body, at)
      }
      assert.strictEqual(await (await server.request("/api/session")).text(), before)
      assert.deepStrictEqual(turns(), [])
    })
  }

  it("answers 400 to a verb it does not know, and starts nothing", async () => {
    for (const verb of ["STATUS", "status%20", "status;id", "__proto__", "constructor", "%73tatus%00", "destroy"]) {
      assert.strictEqual((await server.post(`/api/pve/${verb}`)).status, 400, verb)
    }
  })

  it("answers the same prompt_id as before, and starts no second turn", async () => {
    const own = await server.session()
    const first = await server.prompt(own, "#say once", { prompt_id: "p-1" })
    const again = await server.prompt(own, "#say once", { prompt_id: "p-1" })
    assert.deepStrictEqual([first.status, again.status], [200, 200])
    const reader = await server.attach(own)
    await reader.until(ofKind("turn_end"))
    assert.strictEqual((await server.prompt(own, "#say once", { prompt_id: "p-1" })).status, 200)
    await server.turn(own, "#say twice")
    await reader.close()
    const all = await server.attach(own)
    await all.until(named("caught-up"))
    await all.close()
    assert.strictEqual(all.events().filter(({ kind }) => kind === "user").length, 2)
  })
})
