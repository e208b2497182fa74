/** The CLI is missing, dies, or says what it should not: the log tells, the turn ends once, and the next one works. */
import { assert, describe, it } from "@effect/vitest"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { discard, ofKind, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { all, kinds, notices, one, outcome, said, toEnd, why } from "../../support/session/events.ts"
import { gauge, gauged } from "../../support/server/gauge.ts"
import { conversation, fakeClaude, marked, programs, prompts, written } from "../../support/server/processes.ts"

const { bin, env } = programs({ ssh: "echo status: running" })
const claude = join(bin, "claude")
const verb = (server: Server) => server.post("/api/pve/status")
const put = (script: string, mode = 0o755) => {
  rmSync(claude, { force: true })
  writeFileSync(claude, `#!/bin/sh\n${script}\n`, { mode })
}
let server: Server
beforeAll(async () => {
  server = await startServer({ env: { ...env, ...gauged } })
  // Has looked at the CLI by then: what these tests break is one that was found good.
  await server.request("/api/doctor")
})
afterAll(async () => {
  await discard(server)
  rmSync(bin, { recursive: true })
})

describe("CLI-01: a program that cannot work", () => {
  const cases = [
    ["is missing", () => rmSync(claude), /no program "claude" was found .* Nothing ran\./],
    ["is not executable", () => put("exit 0", 0o644), /"claude" gave EACCES\. Nothing ran\./],
    ["is a script for what is not there", () => put("exec /nonexistent/node cli.js"), /not found/],
    ["says nothing and exits 0", () => put("exit 0"), /^exit 0$/],
    ["says nothing and exits 1", () => put("exit 1"), /^exit 1$/],
    ["explains itself on stderr", () => put("echo 'no such thing' >&2; exit 3"), /^no such thing$/],
    ["kills itself", () => put("kill -ABRT $$"), /^The agent was killed \(SIGABRT\)\.$/]
  ] as const
  for (const [what, breakIt, error] of cases) {
    it(`${what}: the turn fails and says why, the verbs work, and so does the next prompt`, async () => {
      const session = await server.session()
      breakIt()
      const events = await server.turn(session, "x")
      put(fakeClaude)
      assert.strictEqual(outcome(events), "failed")
      assert.match(why(events), error)
      assert.strictEqual((await verb(server)).status, 200)
      // CLI-12: nothing was ever opened, so there is nothing to resume.
      assert.strictEqual(outcome(await server.turn(session, "x")), "completed")
      assert.deepStrictEqual(conversation(server.home), ["--session-id", session])
    })
  }
})

describe("CLI-02: a program that dies", () => {
  const cases = [
    ["before a word", "#fault exit-before-init 7", "exit 7", ["user"]],
    ["after init", "#fault die-after init SIGKILL", "SIGKILL", ["user", "session"]],
    ["in the prose", "#say one\n#slow 9 1\n#fault die-after delta 1", "exit 1", ["user", "session"]],
    ["after prose", "#say one\n#fault die-after text SIGSEGV", "SIGSEGV", ["user", "session", "text"]],
    ["in a tool", "#bash true\n#fault die-after tool_use SIGKILL", "SIGKILL", ["user", "session", "tool"]],
    [
      "after a tool",
      "#bash echo hi\n#fault die-after tool_result SIGKILL",
      "SIGKILL",
      ["user", "session", "tool", "tool_result"]
    ],
    ["after its result", "#say one\n#fault die-after result SIGKILL", null, ["user", "session", "text", "result"]],
    ["in a line", "#say one\n#fault crash-mid-line", "SIGKILL", ["user", "session", "text", "notice"]],
    ["in a character", "#say one\n#fault crash-mid-char", "SIGKILL", ["user", "session", "text", "notice"]]
  ] as const
  for (const [when, prompt, error, before] of cases) {
    it(`${when}: every whole line is kept, the turn ends once, and the next one knows of it`, async () => {
      const session = await server.session()
      const events = await server.turn(session, prompt)
      assert.deepStrictEqual(kinds(events), [...before, ...(error === null ? [] : ["error"]), "turn_end"])
      assert.strictEqual(outcome(events), error === null ? "completed" : "failed")
      if (error !== null) assert.include(why(events), error)
      assert.deepStrictEqual(
        notices(events),
        when.endsWith("a line") || when.endsWith("a character") ? ["line_skipped"] : []
      )
      const next = await server.turn(session, "#recall")
      assert.strictEqual(outcome(next), "completed")
      const told = prompts(server.home).at(-1) ?? ""
      // It began something and its end was not seen: the model is told, the operator's own words are not changed.
      assert.strictEqual(
        told.includes("the turn before this one was killed"),
        error !== null && when !== "before a word"
      )
      assert.strictEqual(one(next, "user").text, "#recall")
      assert.deepStrictEqual(notices(next), when === "after init" ? ["context_lost"] : [])
    })
  }
})

describe("CLI-03, CLI-04: a program that says too much", () => {
  it("CLI-03: a line of 10 MB is an event that is cut, and served whole", async () => {
    const session = await server.session()
    const events = await server.turn(session, "#fault line 10485760")
    assert.strictEqual(outcome(events), "completed")
    const [long, after] = all(events, "text")
    assert.strictEqual(after?.text, "After it.")
    assert.isBelow(long?.text.length ?? 0, 300_000)
    const full = await server.request(`/api/session/${session}/events/${long?.id}/full`)
    assert.strictEqual((await full.text()).length, 10_485_760)
  })

  it("CLI-03: a line over 16 MiB is skipped with its size, and the turn goes on", async () => {
    const events = await server.turn(await server.session(), "#fault line 17825792")
    assert.strictEqual(outcome(events), "completed")
    assert.match(one(events, "notice").text, /a line of 1782\d{4} bytes, over the limit/)
    assert.deepStrictEqual(said(events), ["After it."])
  })

  it("CLI-03: a line that never ends costs no memory, and the turn can be stopped", async () => {
    const session = await server.session()
    const before = (await gauge(server)).heap
    await server.prompt(session, "#fault endless-line")
    const reader = await server.attach(session)
    await reader.until(ofKind("session"))
    const [pid = 0] = marked(server.home)
    while (written(pid) < 300_000_000) await new Promise((next) => setImmediate(next))
    const grown = (await gauge(server)).heap - before
    assert.deepStrictEqual(await (await server.post(`/api/session/${session}/cancel`)).json(), { cancelled: true })
    const events = await toEnd(reader)
    assert.strictEqual(outcome(events), "cancelled")
    assert.match(one(events, "notice").text, /a line of \d{9} bytes, over the limit/)
    assert.isBelow(grown, 40_000_000)
  })

  it("CLI-04: 100 MB on stderr before the first word, and more between, delay nothing and cost no memory", async () => {
    const session = await server.session()
    const before = (await gauge(server)).heap
    const reader = await server.attach(session)
    await server.prompt(session, "#fault stderr 104857600\n#say one\n#stderr 1048576\n#say two\n#wait 300000")
    await reader.until(() => said(reader.events()).length === 2)
    assert.deepStrictEqual(said(reader.events()), ["one", "two"])
    assert.isBelow((await gauge(server)).heap - before, 10_000_000)
    await server.post(`/api/session/${session}/cancel`)
    assert.strictEqual(outcome(await toEnd(reader)), "cancelled")
  })

  it("CLI-04: of a long stderr the error keeps 500 characters", async () => {
    const events = await server.turn(await server.session(), "#fault stderr 1000000\n#fault die-after init 3")
    assert.strictEqual(outcome(events), "failed")
    assert.strictEqual(why(events).length, 500)
  })
})

describe("CLI-05: a program that says everything at once", () => {
  it("has all 20,000 of its events in the log, in order, and a verb does not wait for them", async () => {
    const session = await server.session()
    await server.prompt(session, "#fault burst 20000 4096")
    const reader = await server.attach(session)
    await reader.until(ofKind("text"))
    const answer = await verb(server)
    assert.deepInclude(await answer.json(), { exit_code: 0, stdout: "status: running\n" })
    // By order, not by time: the burst was still coming when the verb had answered.
    assert.isFalse(reader.frames.some(ofKind("turn_end")))
    let answered = 0
    for (; !reader.frames.slice(-3).some(ofKind("turn_end")); answered++) await (await server.request("/health")).text()
    // Hundreds, each in some milliseconds; a server that is busy until the end of the burst answers one.
    assert.isAbove(answered, 20)
    const events = await toEnd(reader)
    assert.strictEqual(outcome(events), "completed")
    const numbers = said(events)
      .slice(0, -1)
      .map((text) => Number(text.split(" ")[0]))
    assert.deepStrictEqual(
      numbers,
      Array.from({ length: 20_000 }, (_, at) => at)
    )
    assert.deepStrictEqual(
      events.map(({ id }) => id),
      events.map((_, at) => at)
    )
  }, 120_000)
})
