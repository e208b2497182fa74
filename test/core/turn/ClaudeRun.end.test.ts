/** The CLI does not end when it should, or leaves something behind: the turn ends all the same, and nothing is left. */
import { assert, describe, it } from "@effect/vitest"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { named, ofKind, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { kinds, notices, one, outcome, said, toEnd, why } from "../../support/session/events.ts"
import { alive, discardIdle, eventually, having, markerOf, prompts } from "../../support/server/processes.ts"

const many = { BREAKGLASS_MAX_CONCURRENT_TURNS: "20" }
let server: Server
/** Its turns end after 5 s. */
let hasty: Server
/** Its turns end after 3 s of a silent model. */
let impatient: Server
beforeAll(async () => {
  ;[server, hasty, impatient] = await Promise.all([
    startServer({ env: many }),
    startServer({ env: { ...many, BREAKGLASS_TURN_TIMEOUT_SECONDS: "5" } }),
    startServer({ env: { ...many, BREAKGLASS_SILENCE_TIMEOUT_SECONDS: "3" } })
  ])
})
afterAll(() => discardIdle(server, hasty, impatient))
const cancel = async (session: string): Promise<unknown> => (await server.post(`/api/session/${session}/cancel`)).json()

/** A turn that is stopped once its first text is there. */
const stopped = async (prompt: string, until = ofKind("text"), ready = () => true) => {
  const session = await server.session()
  await server.prompt(session, `#say begun\n${prompt}`)
  const reader = await server.attach(session)
  await reader.until(until)
  await eventually(ready)
  const { marker } = await markerOf(session)
  assert.deepStrictEqual(await cancel(session), { cancelled: true })
  assert.deepStrictEqual(having(marker), [])
  const events = await toEnd(reader)
  assert.strictEqual(outcome(events), "cancelled")
  assert.strictEqual(one(events, "cancelled").left, 0)
  return { session, events, stopped: one(events, "cancelled") }
}
const leftBy = (texts: ReadonlyArray<string>) => {
  const pid = Number(/Left (\d+)\./.exec(texts.join())?.[1])
  assert.isAbove(pid, 0)
  return pid
}

describe.concurrent("CLI-07: a program that does not want to end", () => {
  it("deaf to signals, it ends by its own protocol", async () => {
    const { stopped: how } = await stopped("#fault ignore sigint sigterm sighup\n#fault silent 300")
    assert.deepInclude(how, { how: "interrupt", ended: 1 })
  })

  it("deaf to signals and to the interrupt, it is killed, the report says so, and the next turn is told", async () => {
    const { session, stopped: how } = await stopped(
      "#fault ignore sigint sigterm\n#fault ignore-interrupt\n#fault silent 300"
    )
    assert.match(how.how, /^SIGKILL, because/)
    await server.turn(session, "#say next-1")
    const told = prompts(server.home).find((prompt) => prompt.includes("next-1"))
    assert.include(told, "the turn before this one was killed")
  })

  it("that answers the interrupt and goes on, it is killed as well", async () => {
    const { stopped: how } = await stopped("#fault ignore-interrupt acked\n#fault silent 300")
    assert.match(how.how, /^SIGKILL, because/)
  })

  it("its tool ignores every signal it can: the tool is gone too", async () => {
    const deaf = join(server.home, "deaf")
    const tool = `#bash trap "" INT TERM HUP QUIT; touch ${deaf}; while :; do sleep 1000; done`
    const { stopped: how } = await stopped(tool, named("progress"), () => existsSync(deaf))
    assert.strictEqual(how.how, "interrupt")
    assert.isAtLeast(how.ended, 2)
  })
})

describe.concurrent("CLI-08: a program whose end is hard to see", () => {
  it("it closes its stdout and lives on: the turn ends, and it with it", async () => {
    const events = await server.turn(await server.session(), "#say begun\n#fault close-stdout")
    assert.strictEqual(outcome(events), "failed")
    assert.deepStrictEqual(said(events), ["begun"])
  })

  it("it exits but what it left holds its stdout: the turn ends by its result, and the rest is ended", async () => {
    const events = await server.turn(await server.session(), "#fault hold-stdout")
    assert.strictEqual(outcome(events), "completed")
    assert.match(one(events, "notice").text, /^1 process that this turn left running was ended/)
    assert.isFalse(alive(leftBy(said(events))))
  })
})

describe.concurrent("CLI-09: what a program leaves behind", () => {
  const faults = ["grandchild", "grandchild setsid", "grandchild argv0", "double-fork"]
  for (const fault of faults) {
    it(`${fault}: ended after the turn, which says so`, async () => {
      const events = await server.turn(await server.session(), `#fault ${fault}`)
      assert.strictEqual(outcome(events), "completed")
      assert.deepStrictEqual(notices(events), ["left_behind"])
      assert.isFalse(alive(leftBy(said(events))))
    })

    it(`${fault}: ended by Stop, which counts it`, async () => {
      const left = (frame: Parameters<ReturnType<typeof ofKind>>[0]) => frame.data.includes("Left ")
      const { stopped: how, events } = await stopped(`#fault ${fault}\n#fault silent 300`, left)
      assert.isAtLeast(how.ended, 2)
      assert.isFalse(alive(leftBy(said(events))))
    })

    it(`${fault}: ended when the program dies`, async () => {
      const events = await server.turn(await server.session(), `#fault ${fault}\n#fault crash-mid-line`)
      assert.strictEqual(outcome(events), "failed")
      assert.deepStrictEqual(notices(events), ["line_skipped", "left_behind"])
      assert.isFalse(alive(leftBy(said(events))))
    })
  }

  it("all of them at once, when the time is up", async () => {
    const lines = [...faults.map((fault) => `#fault ${fault}`), "#bash sleep 300"]
    const events = await hasty.turn(await hasty.session(), lines.join("\n"))
    assert.strictEqual(outcome(events), "timed_out")
    assert.strictEqual(why(events), "turn timed out after 5s")
    assert.strictEqual(said(events).length, faults.length)
    for (const text of said(events)) assert.isFalse(alive(leftBy([text])))
  })
})

describe.concurrent("CLI-10: a program that never reads its stdin", () => {
  // Six bytes each as JSON: more than the pipe holds.
  const prompt = `#fault never-read-stdin\n${"\u0001".repeat(60_000)}`

  it("is ended when the time is up", async () => {
    const events = await hasty.turn(await hasty.session(), prompt)
    assert.strictEqual(outcome(events), "timed_out")
    assert.deepStrictEqual(kinds(events), ["user", "error", "turn_end"])
  })

  it("can be stopped, and the next turn works", async () => {
    const session = await server.session()
    await server.prompt(session, prompt)
    const { marker } = await markerOf(session)
    assert.deepStrictEqual(await cancel(session), { cancelled: true })
    assert.deepStrictEqual(having(marker), [])
    assert.strictEqual(outcome(await server.turn(session, "#say hello")), "completed")
  })
})

describe.concurrent("CLI-11: a program that says nothing", () => {
  it("is ended after the limit of silence, and the log says what was silent and what to do", async () => {
    const events = await impatient.turn(await impatient.session(), "#say begun\n#fault silent 300")
    assert.strictEqual(outcome(events), "failed")
    assert.match(why(events), /^The AI service said nothing for 3 s, .* No command was running\. Send the prompt again/)
  })

  it("is left alone while it is a command that says nothing", async () => {
    const events = await impatient.turn(await impatient.session(), "#bash sleep 4.5")
    assert.strictEqual(outcome(events), "completed")
  })

  it("is ended when the time is up, however much it says", async () => {
    const events = await hasty.turn(await hasty.session(), "#slow 100000 1")
    assert.strictEqual(outcome(events), "timed_out")
    assert.strictEqual(why(events), "turn timed out after 5s")
  })
})
