/** Sessions that are put away or deleted, over the wire; and the list in pages. */
import { assert, describe, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import type { SessionRow } from "../../../src/contract/breakglass/Api.ts"
import { discard, named, ofKind, type Server, startServer } from "../../support/server/BreakglassServer.ts"

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => discard(server))

interface Listed {
  readonly sessions: ReadonlyArray<SessionRow>
  readonly next: string | null
}
const list = async (query = ""): Promise<Listed> =>
  (await (await server.request(`/api/session${query}`)).json()) as Listed
const ids = ({ sessions }: Listed) => sessions.map(({ session_id }) => session_id)
const row = async (id: string) => (await (await server.request(`/api/session/${id}`)).json()) as SessionRow
const put = (id: string, method: string, body: unknown = {}) =>
  server.request(`/api/session/${id}`, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body)
  })

describe("a session", { timeout: 60_000 }, () => {
  it("RACE-06 is not deleted while a turn runs; then it is, its readers are told, and nothing finds it again", async () => {
    const session = await server.session()
    const reader = await server.attach(session)
    await server.prompt(session, "#bash sleep 300")
    await reader.until(ofKind("tool"))
    const refused = await put(session, "DELETE")
    assert.deepStrictEqual([refused.status, (await row(session)).turn_active], [409, true])
    assert.match(((await refused.json()) as { detail: string }).detail, /^A turn is running in this session\./)
    await server.post(`/api/session/${session}/cancel`)
    const deleted = await Promise.all([1, 2, 3].map(() => put(session, "DELETE")))
    assert.deepStrictEqual(deleted.map(({ status }) => status).sort(), [200, 404, 404])
    await reader.until(named("bye"))
    await reader.ended
    for (const path of ["", "/stream", "/export", "/events/0/full"]) {
      assert.strictEqual((await server.request(`/api/session/${session}${path}`)).status, 404, path)
    }
    assert.strictEqual((await server.prompt(session, "hello")).status, 404)
    assert.strictEqual((await put(session, "PATCH", { archived: true })).status, 404)
    assert.notInclude(ids(await list()), session)
  })

  it("that is archived is left out of the list alone, until it is taken back", async () => {
    const session = await server.session()
    const answer = await put(session, "PATCH", { archived: true })
    assert.deepInclude((await answer.json()) as SessionRow, { session_id: session, archived: true })
    assert.notInclude(ids(await list()), session)
    assert.include(ids(await list("?archived=1")), session)
    assert.strictEqual((await server.turn(session, "#say still here")).at(-1)?.kind, "turn_end")
    assert.isTrue((await row(session)).archived)
    await put(session, "PATCH", { archived: false })
    assert.include(ids(await list()), session)
    assert.strictEqual((await put(session, "PATCH", { archived: "yes" })).status, 400)
  })

  it("is on one page of the list, 50 to a page unless it is said, and a place that is none is 400", async () => {
    for (let made = 0; made < 55; made++) await server.session()
    const first = await list()
    assert.strictEqual(first.sessions.length, 50)
    const rest = await list(`?before=${encodeURIComponent(first.next ?? "")}`)
    assert.isNull(rest.next)
    const small = await list("?limit=2")
    assert.deepStrictEqual(ids(small), ids(first).slice(0, 2))
    assert.strictEqual(new Set([...ids(first), ...ids(rest)]).size, first.sessions.length + rest.sessions.length)
    for (const query of ["?limit=0", "?limit=-1", "?limit=1000", "?limit=x", "?before=x", "?archived=2"]) {
      assert.strictEqual((await server.request(`/api/session${query}`)).status, 400, query)
    }
  })
})
