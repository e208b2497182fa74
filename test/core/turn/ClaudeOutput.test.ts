/** The CLI says what no reader should choke on: the turn goes on. */
import { assert, describe, it } from "@effect/vitest"
import { randomUUID } from "node:crypto"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { kinds, one, outcome, said } from "../../support/session/events.ts"
import { fakeClaude, programs } from "../../support/server/processes.ts"

describe("CLI-06: lines that are not what they should be", () => {
  const { bin, env } = programs()
  const spoken = join(bin, "spoken")
  let server: Server
  beforeAll(async () => {
    server = await startServer({ env })
  })
  afterAll(async () => {
    await discard(server)
    rmSync(bin, { recursive: true })
  })
  /** A turn in which a program prints exactly this between a beginning and an end that are well-formed. */
  const hears = async (...lines: ReadonlyArray<string | Buffer>) => {
    const whole = [init, ...lines, block({ type: "text", text: "after" }), result].map((line) => Buffer.from(line))
    writeFileSync(spoken, Buffer.concat(whole.flatMap((line) => [line, Buffer.from("\n")])))
    writeFileSync(join(bin, "claude"), `#!/bin/sh\nexec cat "${spoken}"\n`, { mode: 0o755 })
    const events = await server.turn(await server.session(), "x")
    assert.strictEqual(outcome(events), "completed")
    assert.strictEqual(said(events).at(-1), "after")
    return events
  }
  const whole = ["user", "session", "text", "result", "turn_end"]

  const nothing: ReadonlyArray<readonly [what: string, ...lines: ReadonlyArray<string | Buffer>]> = [
    ["what is no JSON", "not json", "{", "\0", " ", "\r", "\u2028"],
    ["JSON that is no object", "[1,2]", "null", "true", "5", '"text"'],
    ["objects of no known shape", "{}", '{"type":1}', '{"type":"nothing_known"}', '{"type":"assistant"}'],
    ["a message that is a string", '{"type":"assistant","message":"str"}', '{"type":"user","message":"str"}'],
    ["content that is a string", '{"type":"assistant","message":{"content":"str"}}'],
    ["blocks that are none", '{"type":"assistant","message":{"content":[null,1,"x"]}}'],
    ["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0xc3, 0x28, 0x7d])],
    ["20,000 brackets", `{"type":"deep","x":${"[".repeat(20_000)}${"]".repeat(20_000)}}`],
    ["20,000 open brackets", "[".repeat(20_000)],
    ["a key twice, the last of no known type", '{"type":"assistant","type":"nothing_known"}'],
    ["__proto__", '{"type":"nothing_known","__proto__":{"type":"assistant"},"constructor":1}']
  ]
  for (const [what, ...lines] of nothing) {
    it(`${what}: nothing of it is in the log, and the turn goes on`, async () => {
      assert.deepStrictEqual(kinds(await hears(...lines)), whole)
    })
  }

  it("everything of the fake's rubbish, in one turn", async () => {
    writeFileSync(join(bin, "claude"), `#!/bin/sh\n${fakeClaude}\n`, { mode: 0o755 })
    const events = await server.turn(await server.session(), "#fault rubbish\n#say after")
    // One of its lines is a retry of which only the number of the attempt is odd.
    assert.deepStrictEqual(kinds(events), ["user", "session", "notice", "text", "result", "turn_end"])
  })

  const texts = [
    "a\u2028b\u2029c",
    "a\r\nb\rc",
    "\n\nevent: x\ndata: y",
    "id: 9",
    "\0\x1b[31m",
    "\uD800",
    "\uFEFF",
    "\u{1F9EF}"
  ]
  for (const text of texts) {
    it(`the text ${JSON.stringify(text)} is one event, as it was said`, async () => {
      // U+2028 unescaped, as JSON.stringify leaves it.
      assert.strictEqual(said(await hears(block({ type: "text", text })))[0], text)
    })
  }

  it("half a character is shown as U+FFFD", async () => {
    const [before = "", after = ""] = block({ type: "text", text: "a|b" }).split("|")
    const events = await hears(Buffer.concat([Buffer.from(before), Buffer.from([0xc3]), Buffer.from(after)]))
    assert.strictEqual(said(events)[0], "a\uFFFDb")
  })

  it("a tool's input of 20,000 levels is cut where nobody can read it any more", async () => {
    const deep = `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`
    const events = await hears(
      block({ type: "tool_use", id: "t", name: "Bash", input: "DEEP" }).replace('"DEEP"', deep)
    )
    assert.include(JSON.stringify(one(events, "tool").input), "nested too deep to show")
  })

  it("results that no tool asked for, and tools that no result answers, are shown as they came", async () => {
    const answer = { type: "tool_result", tool_use_id: "unasked", content: [{ type: "image" }] }
    const events = await hears(
      block({ type: "tool_use", id: "unanswered", name: "Bash", input: null }),
      JSON.stringify({ type: "user", message: { role: "user", content: [answer] } })
    )
    assert.deepInclude(one(events, "tool_result"), { tool_id: "unasked", is_error: false, output: "[image]" })
    assert.deepInclude(one(events, "tool"), { tool_id: "unanswered", input: null })
  })
})

const block = (content: unknown) => JSON.stringify({ type: "assistant", message: { content: [content] } })
const init = JSON.stringify({ type: "system", subtype: "init", session_id: randomUUID() })
const result = JSON.stringify({
  type: "result",
  subtype: "success",
  is_error: false,
  duration_ms: 1,
  total_cost_usd: 0,
  usage: { input_tokens: 1, output_tokens: 1 },
  result: "after",
  terminal_reason: "completed"
})
