import { assert, describe, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import { maxText } from "../../../src/core/log/truncate.ts"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { all, one, outcome, toEnd, why } from "../../support/session/events.ts"
import { growth, little } from "../../support/server/volume.ts"

describe("readers that never read", () => {
  it("SUB-01 cost the server less than 20 MB, and another reader no event: 20 of them, 40 MB", async () => {
    little("20 stalled readers, 40 MB", await growth(40, 20))
  }, 90_000)
})

const last = async (server: Server, session: string) =>
  ((await (await server.request(`/api/session/${session}`)).json()) as { last_event_id: number }).last_event_id

describe("a log that has reached its limit", () => {
  it("DISK-05 ends the turn with words, refuses the next prompt with words, and leaves other sessions alone", async () => {
    const server = await startServer({ env: { BREAKGLASS_SESSION_QUOTA_MB: "1" } })
    const session = await server.session()
    const events = await server.turn(session, "#fault burst 400 4000")
    const limit = "this session's log has reached its limit of 1 MiB; begin a new session"
    assert.strictEqual(outcome(events), "failed")
    assert.strictEqual(why(events), `The journal could not be written (${limit}), so the turn was ended.`)
    // What is left of it holds a prompt or two.
    const large = "x".repeat(60_000)
    let refused = await server.prompt(session, large)
    while (refused.status === 200) {
      await toEnd(await server.attach(session, (await last(server, session)) - 1))
      refused = await server.prompt(session, large)
    }
    assert.strictEqual(refused.status, 503)
    assert.strictEqual(((await refused.json()) as { detail: string }).detail, `Nothing was started: ${limit}.`)
    assert.strictEqual(outcome(await server.turn(await server.session(), "#say fine")), "completed")
    assert.strictEqual((await fetch(`${server.url}/ready`)).status, 200)
    await discard(server)
  })
})

describe("what is too large to be pushed", () => {
  let server: Server
  let session: string
  beforeAll(async () => {
    server = await startServer()
    session = await server.session()
  })
  afterAll(() => discard(server))

  const whole = async (id: number) => {
    const answer = await server.request(`/api/session/${session}/events/${id}/full`)
    return { status: answer.status, type: answer.headers.get("content-type"), text: await answer.text() }
  }

  it("SSE-10 is cut in the stream, says by how much, and is served whole: a text of one character too many", async () => {
    const events = await server.turn(session, `#fault line ${maxText + 1}\n#say small`)
    const [cut, after, small] = all(events, "text")
    assert.isBelow(cut?.text.length ?? 0, maxText + 100)
    assert.match(cut?.text ?? "", /\n… 1 characters left out …\n/)
    assert.deepStrictEqual([after?.text, small?.text], ["After it.", "small"])
    const full = await whole(cut?.id ?? 0)
    assert.deepStrictEqual([full.status, full.type], [200, "text/plain; charset=utf-8"])
    assert.strictEqual(full.text, "0 ".padEnd(maxText + 1, "b"))
  })

  it("SSE-10 is not cut at the limit itself", async () => {
    const events = await server.turn(session, `#fault line ${maxText}`)
    const [text] = all(events, "text")
    assert.strictEqual(text?.text, "0 ".padEnd(maxText, "b"))
    assert.strictEqual((await whole(text?.id ?? 0)).status, 404)
  })

  it("SSE-10 is cut of a command's output too, with its size and a mark", async () => {
    const events = await server.turn(session, "#bash seq 1 5000")
    const printed = one(events, "tool_result")
    const output = `${Array.from({ length: 5000 }, (_, at) => at + 1).join("\n")}`
    assert.isTrue(printed.truncated)
    assert.strictEqual(printed.output_bytes, output.length)
    assert.isBelow(printed.output.length, 17_000)
    assert.isTrue(printed.output.startsWith("1\n2\n") && printed.output.endsWith("\n4999\n5000"))
    assert.strictEqual((await whole(printed.id)).text, output)
  })

  it("SSE-10 1 MB in one line is an event of the same turn, and ids that are none have no more to show", async () => {
    const events = await server.turn(session, "#fault line 1000000")
    const [cut] = all(events, "text")
    assert.strictEqual((await whole(cut?.id ?? 0)).text.length, 1_000_000)
    for (const id of ["-1", "01", "1.0", "9".repeat(30), "x", `${events.at(-1)?.id}`]) {
      assert.strictEqual((await server.request(`/api/session/${session}/events/${id}/full`)).status, 404, id)
    }
  })
})
