/** Every request of the page, answered by something in between: that is never taken for the server's word. */
import { assert, describe, it } from "@effect/vitest"
import { afterEach, vi } from "vitest"
import { api, streams as opened } from "../../../web/link/api.ts"

const op = { verb: "cycle", op_id: "1", confirm: "devvm" } as const
const requests: Readonly<Record<string, () => Promise<unknown>>> = {
  info: () => api.info(),
  login: () => api.login("token"),
  logout: () => api.logout(),
  sessions: () => api.sessions(),
  archive: () => api.archive("1", true),
  remove: () => api.remove("1"),
  create: () => api.create(),
  prompt: () => api.prompt("1", { prompt: "x", model: "sonnet", prompt_id: "1" }),
  cancel: () => api.cancel("1"),
  full: () => api.full("1", 1),
  exported: () => api.exported("1"),
  operations: () => api.operations(),
  operation: () => api.operation("1"),
  screen: () => api.screen(),
  doctor: () => api.doctor(),
  operate: () => api.operate(op)
}
const ask = { after: undefined, poll: false, signal: new AbortController().signal }
const streams = { session: () => opened.session("1", ask), power: () => opened.power(ask) }

const html = { "content-type": "text/html" }
const json = { "content-type": "application/json" }
const page = (status: number) => new Response("<h1>no</h1>", { status, headers: html })
const bare = (status: number) => new Response(null, { status })
const others = (status: number) => new Response(JSON.stringify({ detail: "no route" }), { status, headers: json })
const gateways = (status: number) =>
  new Response(JSON.stringify({ type: "https://gateway.example/errors/1", status, detail: "no route" }), {
    status,
    headers: { "content-type": "application/problem+json" }
  })
const cut = () =>
  new ReadableStream<Uint8Array>({
    start: (to) => to.enqueue(new TextEncoder().encode('{"status":"sta')),
    pull: (to) => to.error(new Error("cut"))
  })
const redirected = () => Object.defineProperty(new Response(null), "type", { value: "opaqueredirect" })

const errors: Readonly<Record<string, () => Response>> = {
  ...Object.fromEntries([400, 403, 404, 408, 409, 413, 429, 500, 502, 503, 504, 520].map((n) => [n, () => page(n)])),
  "a bare 503": () => bare(503),
  "a bare 404": () => bare(404),
  "a gateway's 409 in JSON": () => others(409),
  "a gateway's 404 in JSON": () => others(404),
  "a gateway's own problem": () => gateways(409)
}
const broken: Readonly<Record<string, () => Response>> = {
  "an answer cut off": () => new Response(cut(), { headers: json }),
  "half of an answer": () => new Response('{"status":"sta', { headers: json }),
  "nothing at all": () => bare(200),
  "another's JSON": () => new Response('{"portal":true}', { headers: json }),
  "JSON that is no object": () => new Response("null", { headers: json }),
  "a 204": () => bare(204)
}
const signIns: Readonly<Record<string, () => Response>> = { "a page": () => page(200), "a redirect": redirected }

const problem = (status: number) =>
  new Response(JSON.stringify({ type: "urn:breakglass:x", title: "", status, detail: "Our word." }), {
    status,
    headers: { "content-type": "application/problem+json" }
  })

describe("an answer", () => {
  it("is looked at here for every request the page makes", () => {
    assert.sameMembers(Object.keys(requests), Object.keys(api))
    assert.sameMembers(Object.keys(streams), Object.keys(opened))
  })

  afterEach(() => void vi.unstubAllGlobals())
  const answered = (by: () => Response, make: () => Promise<unknown>) => {
    vi.stubGlobal("fetch", () => Promise.resolve(by()))
    return make()
  }

  for (const [name, make] of Object.entries(requests)) {
    it(`to ${name} that the server did not give is not known`, async () => {
      for (const [what, by] of Object.entries({ ...errors, ...broken })) {
        assert.deepInclude(await answered(by, make), { ok: false, status: 0, signedOut: false }, what)
      }
      for (const [what, by] of Object.entries({ ...signIns, "401": () => page(401) })) {
        assert.deepInclude(await answered(by, make), { ok: false, status: 0, signedOut: true }, what)
      }
    })

    it(`to ${name} that the server gave is its word`, async () => {
      for (const status of [400, 401, 403, 404, 409, 413, 429, 500, 503]) {
        const said = { ok: false, status, detail: "Our word.", signedOut: status === 401 }
        assert.deepStrictEqual(await answered(() => problem(status), make), said)
      }
    })
  }

  for (const [name, make] of Object.entries(streams)) {
    it(`to ${name} that the server did not give is asked again; a sign-in is said to be one`, async () => {
      for (const [what, by] of Object.entries({ ...errors, ...broken })) {
        assert.propertyVal(await answered(by, make), "kind", "failed", what)
      }
      for (const [what, by] of Object.entries({ ...signIns, "401": () => page(401) })) {
        assert.deepStrictEqual(await answered(by, make), { kind: "signed_out" }, what)
      }
      assert.deepStrictEqual(await answered(() => problem(404), make), { kind: "gone" })
      assert.deepStrictEqual(await answered(() => problem(403), make), { kind: "refused", reason: "Our word." })
    })
  }
})
