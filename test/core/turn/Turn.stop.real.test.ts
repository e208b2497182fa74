/** The real CLI: stopped, killed, and without its API. Nothing of it is left, and the next turn knows what was before. */
import { assert, describe, it } from "@effect/vitest"
import { rmSync } from "node:fs"
import { afterAll, beforeAll } from "vitest"
import { discard, named, ofKind, realClaude, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { all, notices, one, outcome, toEnd, why } from "../../support/session/events.ts"
import { type LoopbackApi, ring, startLoopbackApi } from "../../support/claude/LoopbackApi.ts"
import {
  discardIdle,
  eventually,
  having,
  markerOf,
  nobodys,
  programs,
  transcripts
} from "../../support/server/processes.ts"

const { bin, env } = programs({ ssh: "echo status: running" })
rmSync(`${bin}/claude`)
const real = {
  ...env,
  PATH: `${bin}:${realClaude}:/usr/sbin:/usr/bin:/sbin:/bin`,
  ANTHROPIC_API_KEY: "test-key",
  BREAKGLASS_MAX_CONCURRENT_TURNS: "20"
}
let api: LoopbackApi
let server: Server
beforeAll(async () => {
  api = await startLoopbackApi()
  server = await startServer({ env: { ...real, ANTHROPIC_BASE_URL: api.url } })
})
afterAll(async () => {
  await api.close()
  rmSync(bin, { recursive: true })
  await discardIdle(server)
})
const cancel = async (session: string): Promise<unknown> => (await server.post(`/api/session/${session}/cancel`)).json()
const buttons = async (where = server) => assert.strictEqual((await where.post("/api/pve/status")).status, 200)

/** A turn whose command has begun: it rang. */
const begun = async (command: string) => {
  const session = await server.session()
  const bell = crypto.randomUUID()
  await server.prompt(session, `@@bash{${ring(api.url, bell)}; ${command}}`)
  const reader = await server.attach(session)
  await api.waitFor(({ url }) => url === `/bell/${bell}`)
  return { session, reader, bell, ...(await markerOf(session)) }
}
/** What the API was last told in the conversation with this word. */
const asked = (word: string) =>
  api.requests.map(({ body }) => JSON.stringify(body)).findLast((body) => body.includes(word))

const stopped = async (command: string) => {
  const { session, reader, bell, marker } = await begun(command)
  assert.deepStrictEqual(await cancel(session), { cancelled: true })
  assert.deepStrictEqual(having(marker), [])
  const events = await toEnd(reader)
  assert.strictEqual(outcome(events), "cancelled")
  assert.deepInclude(one(events, "cancelled"), { left: 0, how: "interrupt" })
  assert.strictEqual(outcome(await server.turn(session, "and now?")), "completed")
  const told = asked(bell) ?? ""
  // In the prompt of that turn, and in the call that was stopped.
  assert.isAtLeast(told.split(bell).length - 1, 2)
  assert.include(told, "and now?")
}

// Alone: the CLI needs two of the five seconds it is given, with nothing else to do.
describe("CLI-17: Stop in a command deaf to all signals", () => {
  it("leaves nothing, and the next turn has its context", () =>
    stopped("trap '' INT TERM HUP; while :; do sleep 999; done"))
})

describe.concurrent("CLI-17: Stop", () => {
  const cases = [
    ["in `sleep 999`", "sleep 999"],
    ["with a daemon beside it, in a session of its own", "(setsid sleep 999 &); sleep 999"],
    ["with a daemon that has closed all it had", "(setsid sleep 999 <&- >&- 2>&- &); sleep 999"],
    ["with ten jobs behind it", "for i in 1 2 3 4 5 6 7 8 9 0; do nohup sleep 999 & done; wait"]
  ] as const
  for (const [where, command] of cases) {
    it(`${where}: nothing is left, and the next turn has its context`, () => stopped(command))
  }

  it("of a CLI that does not answer: it is killed, and what it ran with it", async () => {
    const { session, reader, cli, marker } = await begun("(setsid sleep 999 &); sleep 999")
    process.kill(cli, "SIGSTOP")
    assert.deepStrictEqual(await cancel(session), { cancelled: true })
    assert.deepStrictEqual(having(marker), [])
    assert.match(one(await toEnd(reader), "cancelled").how, /^SIGKILL, because/)
    assert.strictEqual(outcome(await server.turn(session, "and now?")), "completed")
  })

  it("in the prose: nothing is left, and the next turn has what was said so far", async () => {
    const session = await server.session()
    await server.prompt(session, `${session} @@slow{600 50}`)
    const reader = await server.attach(session)
    await reader.until((frame) => frame.event === "delta" && frame.data.includes("w3"))
    const { marker } = await markerOf(session)
    assert.deepStrictEqual(await cancel(session), { cancelled: true })
    assert.deepStrictEqual(having(marker), [])
    assert.strictEqual(outcome(await toEnd(reader)), "cancelled")
    await server.turn(session, "and now?")
    assert.include(asked(session), "w0 w1 w2")
  })
})

describe.concurrent("CLI-09: a daemon that outlives its command", () => {
  it("is ended with the turn, and the log says so", async () => {
    const events = await server.turn(await server.session(), "@@bash{(setsid sleep 999 > /dev/null 2>&1 &)}")
    assert.strictEqual(outcome(events), "completed")
    assert.deepStrictEqual(notices(events), ["left_behind"])
  })
})

describe.concurrent("CLI-18: an API that does not answer", () => {
  it("429 and 529, then an answer: each try is a notice, and the turn completes", async () => {
    for (const status of [429, 529]) {
      const events = await server.turn(await server.session(), `@@status{${status} 1}`)
      assert.strictEqual(outcome(events), "completed")
      assert.match(one(events, "notice").text, new RegExp(`answered ${status} \\(try 1 of 3\\)\\.`))
    }
  })

  it("401 for ever: the turn fails with its words, and the buttons work", async () => {
    const events = await server.turn(await server.session(), "@@status{401}")
    assert.strictEqual(outcome(events), "failed")
    assert.match(why(events), /401/)
    await buttons()
  })

  for (const [what, prompt, until] of [
    ["never answers", "@@hang", ofKind("session")],
    ["stops in the middle of a stream", "@@stall{3}", named("delta")],
    ["answers 529 for ever", "@@status{529}", ofKind("notice")]
  ] as const) {
    it(`${what}: the turn can be stopped, and meanwhile the buttons work`, async () => {
      const session = await server.session()
      await server.prompt(session, prompt)
      const reader = await server.attach(session)
      await reader.until(until)
      await buttons()
      assert.deepStrictEqual(await cancel(session), { cancelled: true })
      assert.strictEqual(outcome(await toEnd(reader)), "cancelled")
    })
  }

  it("is not there at all: three notices say so, then the turn fails, and the buttons work", async () => {
    const alone = await startServer({ env: { ...real, ANTHROPIC_BASE_URL: `http://127.0.0.1:${nobodys}` } })
    const events = await alone.turn(await alone.session(), "hello")
    assert.strictEqual(outcome(events), "failed")
    const tries = all(events, "notice").map(({ text }) => /does not answer \(try (\d) of 3\)/.exec(text)?.[1])
    assert.deepStrictEqual(tries, ["1", "2", "3"])
    await buttons(alone)
    await discard(alone)
  })
})

describe.concurrent("CLI-19: the CLI is killed in the middle of a command", () => {
  it("the command ends with it, and the next turn resumes with context and is told to look", async () => {
    const { session, reader, bell, cli, marker } = await begun("sleep 999")
    // The CLI writes its transcript some time after it has spoken, and what it has not written it does not remember.
    await eventually(() => transcripts(server.home).includes(bell))
    process.kill(cli, "SIGKILL")
    const events = await toEnd(reader)
    assert.deepStrictEqual(having(marker), [])
    assert.strictEqual(outcome(events), "failed")
    assert.match(why(events), /killed \(SIGKILL\)/)
    const next = await server.turn(session, `and now, ${marker}?`)
    assert.notInclude(notices(next), "context_lost")
    assert.include(asked(marker), "the turn before this one was killed")
    assert.include(asked(marker), bell)
  })
})
