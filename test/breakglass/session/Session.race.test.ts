/** Many at once, over HTTP, against a real child. Each yield point of the same: Session.test.ts. */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { named, ofKind, type Server, startServer, token } from "../../support/server/BreakglassServer.ts"
import { all, one, outcome, toEnd } from "../../support/session/events.ts"
import { discardIdle, eventually, gate, marked, started } from "../../support/server/processes.ts"
import { seeded } from "../../support/text/seeded.ts"
import { bytes } from "../../support/http/raw.ts"
import { stopAtRandom } from "../../support/session/stops.ts"

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => discardIdle(server))
const cancel = async (session: string): Promise<unknown> => (await server.post(`/api/session/${session}/cancel`)).json()
const times = <A>(count: number, make: (at: number) => Promise<A>) =>
  Promise.all(Array.from({ length: count }, (_, at) => make(at)))
/** Processes of the CLI itself: the server's children. A tool's looks the same until it has begun its own program. */
const clis = () =>
  marked(server.home).filter((pid) => {
    try {
      const [, ppid] = / \(.*\) \S (\d+) /s.exec(` ${readFileSync(`/proc/${pid}/stat`, "utf8")}`) ?? []
      return Number(ppid) === server.process.pid
    } catch {
      return false
    }
  })

describe("prompts at once", () => {
  it("RACE-01: of 50 on one session one begins a turn, 49 are refused, and one event is written", async () => {
    const session = await server.session()
    const before = started(server.home).length
    const { command, open } = gate(server.home)
    const answers = await times(50, (at) => server.prompt(session, `#say ${at}\n#bash ${command}`))
    const statuses = answers.map(({ status }) => status).sort()
    assert.deepStrictEqual(statuses, [200, ...Array.from({ length: 49 }, () => 409)])
    open()
    assert.strictEqual(outcome(await toEnd(await server.attach(session))), "completed")
    assert.strictEqual(started(server.home).length, before + 1)
  })

  it("RACE-01: of 50 with the same prompt_id all are told it has begun, and it begins once", async () => {
    const session = await server.session()
    const before = started(server.home).length
    const answers = await times(50, () => server.prompt(session, "#say once", { prompt_id: "same" }))
    assert.deepStrictEqual([...new Set(answers.map(({ status }) => status))], [200])
    assert.strictEqual(outcome(await toEnd(await server.attach(session))), "completed")
    assert.strictEqual((await server.prompt(session, "#say once", { prompt_id: "same" })).status, 200)
    assert.strictEqual(started(server.home).length, before + 1)
  })

  it("RACE-02: on 10 sessions two run, eight are answered 429 and have no event, and have room afterwards", async () => {
    const sessions = await times(10, () => server.session())
    const answers = await Promise.all(sessions.map((session) => server.prompt(session, "#fault silent 300")))
    const running = sessions.filter((_, at) => answers[at]?.status === 200)
    const refused = sessions.filter((_, at) => answers[at]?.status === 429)
    assert.deepStrictEqual([running.length, refused.length], [2, 8])
    for (const session of refused) {
      const row = (await (await server.request(`/api/session/${session}`)).json()) as Record<string, unknown>
      assert.deepInclude(row, { last_event_id: null, turn_active: false })
    }
    await Promise.all(running.map(cancel))
    const [first = "", second = ""] = refused
    const both = await Promise.all([server.turn(first, "#say room"), server.turn(second, "#say room")])
    assert.deepStrictEqual(both.map(outcome), ["completed", "completed"])
  })
})

describe("Stop", () => {
  it("RACE-03: at random moments has one of two outcomes, says which, and the next turn hears nothing of it", async () => {
    const ends = await stopAtRandom(server, 12, seeded("RACE-03"))
    assert.strictEqual((ends["cancelled"] ?? 0) + (ends["completed"] ?? 0), 12)
  }, 60_000)

  it("RACE-04: of ten at once all are told it was stopped, it is stopped once, and then there is nothing to stop", async () => {
    const session = await server.session()
    assert.deepStrictEqual(await cancel(session), { cancelled: false })
    await server.prompt(session, "#say begun\n#bash sleep 300")
    const reader = await server.attach(session)
    await reader.until(ofKind("tool"))
    // In one write: the last has been asked before the first can have stopped anything.
    const { host, pathname } = new URL(`/api/session/${session}/cancel`, server.url)
    const head = `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nContent-Length: 0\r\n`
    const said = await bytes(server.url, `${head}\r\n`.repeat(9) + `${head}Connection: close\r\n\r\n`)
    assert.deepStrictEqual(
      said.match(/HTTP\/1\.1 \d+|\{.*?\}/g),
      Array(10).fill(["HTTP/1.1 200", '{"cancelled":true}']).flat()
    )
    const events = await toEnd(reader)
    assert.strictEqual(outcome(events), "cancelled")
    assert.strictEqual(one(events, "cancelled").left, 0)
    assert.deepStrictEqual(await cancel(session), { cancelled: false })
    assert.strictEqual(all(await toEnd(await server.attach(session)), "cancelled").length, 1)
  })

  it("RACE-05: while it takes its time a prompt is refused, and there are never two children", async () => {
    const session = await server.session()
    const deaf = join(server.home, "deaf")
    await server.prompt(session, `#bash trap "" INT TERM; touch ${deaf}; while :; do sleep 1; done`)
    const reader = await server.attach(session)
    await reader.until(ofKind("tool"))
    await reader.until(named("progress"))
    await eventually(() => existsSync(deaf))
    assert.strictEqual(clis().length, 1)
    let stopped = false
    const stopping = cancel(session).then((answer) => {
      stopped = true
      return answer
    })
    const seen: Array<readonly [status: number, children: number]> = []
    while (!stopped) {
      const { status } = await server.prompt(session, "#say too early")
      // One that is taken came after the end.
      if (status === 200) break
      seen.push([status, clis().length])
    }
    assert.isAbove(seen.length, 3)
    assert.deepStrictEqual([...new Set(seen.map(([status]) => status))], [409])
    assert.isAtMost(Math.max(...seen.map(([, children]) => children)), 1)
    assert.deepStrictEqual(await stopping, { cancelled: true })
    const events = await toEnd(reader)
    assert.strictEqual(outcome(events.slice(0, events.findIndex(({ kind }) => kind === "turn_end") + 1)), "cancelled")
    await cancel(session)
  })
})
