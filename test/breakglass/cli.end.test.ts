/** The CLI does not end when it should, or leaves something behind: the turn ends all the same, and nothing is left. */
import { assert, describe, it } from "@effect/vitest"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll } from "vitest"
import { discard, named, ofKind, type Server, startServer } from "../support/BreakglassServer.ts"
import { kinds, notices, one, outcome, said, toEnd, why } from "../support/events.ts"
import { alive, assertNoneLeft, eventually, fakeLog, marked } from "../support/processes.ts"

let server: Server
/** Its turns end after 2 s, and after 2 s of a silent model. */
let hasty: Server
beforeAll(async () => {
  server = await startServer()
  hasty = await startServer({ env: { BREAKGLASS_TURN_TIMEOUT_SECONDS: "2" } })
})
afterAll(async () => {
  await discard(server)
  await discard(hasty)
})
afterEach(() => {
  assertNoneLeft(server.home)
  assertNoneLeft(hasty.home)
})
const cancel = async (session: string) => (await server.post(`/api/session/${session}/cancel`)).json()
/** A turn that runs until it is stopped, from the moment its first text is there. */
const begun = async (prompt: string) => {
  const session = await server.session()
  await server.prompt(session, `#say begun\n${prompt}`)
  const reader = await server.attach(session)
  await reader.until(ofKind("text"))
  return { session, reader }
}
const stopped = async (prompt: string) => {
  const { session, reader } = await begun(prompt)
  assert.deepStrictEqual(await cancel(session), { cancelled: true })
  const events = await toEnd(reader)
  assert.strictEqual(outcome(events), "cancelled")
  assert.strictEqual(one(events, "cancelled").left, 0)
  return { session, events, stopped: one(events, "cancelled") }
}

describe("CLI-07: a program that does not want to end", () => {
  it("deaf to signals, it ends by its own protocol", async () => {
    const { stopped: how } = await stopped("#fault ignore sigint sigterm sighup\n#fault silent 300")
    assert.deepInclude(how, { how: "interrupt", ended: 1 })
  })

  it("deaf to signals and to the interrupt, it is killed, the report says so, and the next turn is told", async () => {
    const { session, stopped: how } = await stopped(
      "#fault ignore sigint sigterm\n#fault ignore-interrupt\n#fault silent 300"
    )
    assert.match(how.how, /^SIGKILL, because/)
    await server.turn(session, "#recall")
    assert.include(fakeLog(server.home).at(-1)?.prompt, "the turn before this one was killed")
  })

  it("that answers the interrupt and goes on, it is killed as well", async () => {
    assert.match((await stopped("#fault ignore-interrupt acked\n#fault silent 300")).stopped.how, /^SIGKILL, because/)
  })

  it("its tool ignores every signal it can: the tool is gone too", async () => {
    const session = await server.session()
    await server.prompt(session, '#bash trap "" INT TERM HUP QUIT; while :; do sleep 1000; done')
    const reader = await server.attach(session)
    await reader.until(ofKind("tool"))
    await reader.until(named("progress"))
    await eventually(() => marked(server.home).length === 3)
    await cancel(session)
    const events = await toEnd(reader)
    assert.deepInclude(one(events, "cancelled"), { how: "interrupt", ended: 3, left: 0 })
  })
})

describe("CLI-08: a program whose end is hard to see", () => {
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

const leftBy = (texts: ReadonlyArray<string>) => Number(/Left (\d+)\./.exec(texts.join())?.[1])

describe("CLI-09: what a program leaves behind", () => {
  for (const fault of ["grandchild", "grandchild setsid", "grandchild argv0", "double-fork"]) {
    it(`${fault}: ended after the turn, which says so`, async () => {
      const events = await server.turn(await server.session(), `#fault ${fault}`)
      assert.strictEqual(outcome(events), "completed")
      assert.deepStrictEqual(notices(events), ["left_behind"])
      assert.isFalse(alive(leftBy(said(events))))
    })

    it(`${fault}: ended by Stop, which counts it`, async () => {
      const { stopped: how, events } = await stopped(`#fault ${fault}\n#fault silent 300`)
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
    const faults = ["grandchild", "grandchild setsid", "grandchild argv0", "double-fork"].map(
      (fault) => `#fault ${fault}`
    )
    const events = await hasty.turn(await hasty.session(), [...faults, "#bash sleep 300"].join("\n"))
    assert.strictEqual(outcome(events), "timed_out")
    assert.strictEqual(why(events), "turn timed out after 2s")
    for (const text of said(events)) assert.isFalse(alive(leftBy([text])))
  })
})

describe("CLI-10: a program that never reads its stdin", () => {
  // Six bytes each as JSON: more than the pipe holds.
  const prompt = "\u0001".repeat(60_000)
  const deaf = (where: Server) => writeFileSync(join(where.home, "fake-claude.txt"), "#fault never-read-stdin\n")

  it("is ended when the time is up", async () => {
    deaf(hasty)
    const events = await hasty.turn(await hasty.session(), prompt)
    rmSync(join(hasty.home, "fake-claude.txt"))
    assert.strictEqual(outcome(events), "timed_out")
    assert.deepStrictEqual(kinds(events), ["user", "error", "turn_end"])
  })

  it("can be stopped", async () => {
    deaf(server)
    const session = await server.session()
    await server.prompt(session, prompt)
    await eventually(() => marked(server.home).length > 0)
    assert.deepStrictEqual(await cancel(session), { cancelled: true })
    rmSync(join(server.home, "fake-claude.txt"))
    assert.strictEqual(outcome(await server.turn(session, "#say hello")), "completed")
  })
})

describe("CLI-11: a program that says nothing", () => {
  it("is ended after the limit of silence, and the log says what was silent and what to do", async () => {
    const impatient = await startServer({ env: { BREAKGLASS_SILENCE_TIMEOUT_SECONDS: "1" } })
    const session = await impatient.session()
    const events = await impatient.turn(session, "#say begun\n#fault silent 300")
    assert.strictEqual(outcome(events), "failed")
    assert.match(why(events), /^The model API said nothing for 1 s, .* No command was running\. Send the prompt again/)
    assertNoneLeft(impatient.home)
    // A command that runs is not a silent model.
    assert.strictEqual(outcome(await impatient.turn(session, "#bash sleep 2.5")), "completed")
    await discard(impatient)
  })

  it("is ended when the time is up, however much it says", async () => {
    const events = await hasty.turn(await hasty.session(), "#slow 100000 1")
    assert.strictEqual(outcome(events), "timed_out")
    assert.strictEqual(why(events), "turn timed out after 2s")
  })
})
