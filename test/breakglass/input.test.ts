import { assert, describe, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import { discard, named, ofKind, type Server, startServer } from "../support/BreakglassServer.ts"

describe("bad input", () => {
  let server: Server
  let session: string
  beforeAll(async () => {
    server = await startServer()
    session = await server.session()
  })
  afterAll(() => discard(server))

  const cases = [
    ["an empty prompt", { prompt: "" }, 400],
    ["a blank prompt", { prompt: " \n\t " }, 400],
    ["a NUL", { prompt: "a\0b" }, 400],
    ["half a surrogate pair", { prompt: "a\uD800b" }, 400],
    ["an unknown model", { prompt: "x", model: "gpt" }, 400],
    ["an option as the model", { prompt: "x", model: "--settings" }, 400],
    ["no prompt", {}, 400],
    ["a number as the prompt", { prompt: 5 }, 400],
    ["no object", [], 400]
  ] as const
  for (const [what, body, status] of cases) {
    it(`answers ${status} to ${what}, as a problem, and logs nothing`, async () => {
      const answer = await server.post(`/api/session/${session}/prompt`, body)
      assert.strictEqual(answer.status, status)
      assert.strictEqual(answer.headers.get("content-type"), "application/problem+json")
      const problem = (await answer.json()) as Record<string, unknown>
      assert.hasAllKeys(problem, ["type", "title", "status", "detail"])
      assert.strictEqual(problem["status"], status)
      const row = (await (await server.request(`/api/session/${session}`)).json()) as { last_event_id: unknown }
      assert.isNull(row.last_event_id)
    })
  }

  for (const id of ["..", "null", "A".repeat(36), "%2e%2e", "00000000-0000-4000-8000-000000000000", "x".repeat(5000)]) {
    it(`answers 404 to the session ${id.slice(0, 40)}`, async () => {
      assert.strictEqual((await server.request(`/api/session/${id}`)).status, 404)
      assert.strictEqual((await server.prompt(id, "x")).status, 404)
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
