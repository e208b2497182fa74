import { assert, describe, it } from "@effect/vitest"
import type { Entry, Event } from "../../../src/contract/Event.ts"
import {
  delta,
  empty,
  fold,
  items,
  progress,
  reattached,
  running,
  type Transcript
} from "../../../web/transcript/transcript.ts"
import { seeded } from "../../support/text/seeded.ts"

const at = "2026-01-01T00:00:00.000Z"
const logged = (...events: ReadonlyArray<Event>): ReadonlyArray<Entry> =>
  events.map((event, id) => ({ ...event, id, at }))
const replay = (log: ReadonlyArray<Entry>, from: Transcript = empty): Transcript => log.reduce(fold, from)
const shape = (transcript: Transcript) =>
  items(transcript).map((item) =>
    item.kind === "tool" ? `tool ${item.state}` : item.kind === "end" ? `end ${item.outcome}` : item.kind
  )

const user: Event = { kind: "user", text: "help" }
const text: Event = { kind: "text", text: "looking" }
const tool = (tool_id: string): Event => ({ kind: "tool", name: "Bash", input: { command: "df" }, tool_id })
const result = (tool_id: string, is_error = false): Event => ({
  kind: "tool_result",
  tool_id,
  is_error,
  output: `of ${tool_id}`,
  truncated: false,
  output_bytes: 5,
  duration_ms: 7
})
const closing: Event = {
  kind: "result",
  is_error: false,
  result: "fine",
  duration_ms: 1200,
  cost_usd: 0.02,
  usage: { input_tokens: 1, output_tokens: 2 }
}
const cancelled: Event = { kind: "cancelled", ended: 3, left: 0, how: "interrupt", remote: "none" }
const ends = (outcome: Extract<Event, { kind: "turn_end" }>["outcome"]): Event => ({ kind: "turn_end", outcome })
// A kind of a later server: its type is not in our vocabulary.
const unheardOf = { kind: "approval", text: "?" } as unknown as Event

const table: ReadonlyArray<readonly [fact: string, events: ReadonlyArray<Event>, shape: ReadonlyArray<string>]> = [
  ["shows a prompt and prose", [user, text], ["user", "text"]],
  ["shows nothing for the CLI's session", [user, { kind: "session", session_id: "x" }], ["user"]],
  ["shows a tool as running until it answers", [user, tool("a")], ["user", "tool running"]],
  ["joins a result to its tool", [user, tool("a"), text, result("a")], ["user", "tool ok", "text"]],
  [
    "joins parallel tools by id",
    [user, tool("a"), tool("b"), result("b", true)],
    ["user", "tool running", "tool failed"]
  ],
  ["ignores a result without its tool", [user, result("a")], ["user"]],
  [
    "does not join a result to a tool of an earlier turn",
    [user, tool("a"), ends("failed"), user, result("a")],
    ["user", "tool unfinished", "end failed", "user"]
  ],
  [
    "marks tools that never answered when the turn ends",
    [user, tool("a"), tool("b"), result("a"), cancelled, ends("cancelled")],
    ["user", "tool ok", "tool unfinished", "cancelled", "end cancelled"]
  ],
  [
    "shows notices and errors",
    [user, { kind: "notice", code: "x", text: "n" }, { kind: "error", error: "e" }, ends("failed")],
    ["user", "notice", "error", "end failed"]
  ],
  [
    "shows a failure's words once, where the CLI said them as prose too",
    [user, { kind: "text", text: "e" }, { kind: "error", error: "e" }, ends("failed")],
    ["user", "error", "end failed"]
  ],
  [
    "leaves prose alone that is not this failure's",
    [user, { kind: "text", text: "e" }, ends("completed"), user, text, { kind: "error", error: "e" }, ends("failed")],
    ["user", "text", "end completed", "user", "text", "error", "end failed"]
  ],
  ["ignores kinds it does not know", [user, unheardOf, text], ["user", "text"]]
]

describe("fold", () => {
  for (const [fact, events, expected] of table) {
    it(fact, () => assert.deepStrictEqual(shape(replay(logged(...events))), [...expected]))
  }

  it("keeps the transcript when an event arrives twice", () => {
    const log = logged(user, tool("a"), result("a"), text)
    const once = replay(log)
    for (const entry of log) assert.strictEqual(fold(once, entry), once)
  })

  it("moves the cursor past kinds it does not know", () => {
    assert.strictEqual(replay(logged(user, unheardOf)).last, 1)
  })

  it("reads from the log whether a turn runs", () => {
    const log = logged(user, text, ends("completed"), user)
    assert.deepStrictEqual(
      log.map((_, index) => running(replay(log.slice(0, index + 1)))),
      [true, true, false, true]
    )
    assert.isFalse(running(empty))
  })

  it("carries the closing word's time and cost to the turn's end, and not to the next turn's", () => {
    const [first, second] = items(replay(logged(user, closing, ends("completed"), user, ends("interrupted")))).filter(
      (item) => item.kind === "end"
    )
    assert.strictEqual(first?.kind === "end" ? first.result?.cost_usd : undefined, 0.02)
    assert.strictEqual(second?.kind === "end" ? second.result : "none", undefined)
  })

  it("replaces live prose by the finished block", () => {
    const writing = delta(delta(replay(logged(user)), { text: "loo" }), { text: "king" })
    assert.strictEqual(writing.live, "looking")
    const done = fold(writing, { ...text, id: 1, at } as Entry)
    assert.strictEqual(done.live, "")
    assert.deepStrictEqual(shape(done), ["user", "text"])
  })

  it("forgets half a block on a new attach, which tells it from its beginning", () => {
    const writing = delta(replay(logged(user)), { text: "half" })
    assert.strictEqual(delta(reattached(writing), { text: "half a block" }).live, "half a block")
  })

  it("ignores prose that comes after the turn's end", () => {
    assert.strictEqual(delta(replay(logged(user, ends("cancelled"))), { text: "late" }).live, "")
  })

  it("keeps a tool's elapsed time until the turn ends", () => {
    const working = progress(replay(logged(user, tool("a"))), { tool_id: "a", name: "Bash", elapsed_ms: 900 })
    assert.strictEqual(working.elapsed["a"], 900)
    assert.deepStrictEqual(fold(working, { ...ends("completed"), id: 2, at } as Entry).elapsed, {})
  })

  it("gives one transcript for any split, any duplicates and any reconnect point", () => {
    const random = seeded("transcript")
    for (let round = 0; round < 300; round++) {
      const log = randomLog(random)
      const whole = replay(log)
      let seen = empty
      let delivered = 0
      while (delivered < log.length) {
        // The next connection may start earlier than it was asked to, never later, and may be cut anywhere.
        const from = Math.floor(random() * (seen.last + 2))
        const to = Math.min(log.length, from + Math.floor(random() * 40))
        seen = reattached(seen)
        for (const entry of log.slice(from, to)) {
          seen = fold(seen, entry)
          if (random() < 0.2) seen = fold(seen, entry)
          if (random() < 0.2) seen = delta(seen, { text: "…" })
        }
        delivered = Math.max(delivered, to)
      }
      assert.deepStrictEqual({ ...seen, live: "" }, whole, `round ${round}`)
    }
  })
})

const randomLog = (random: () => number): ReadonlyArray<Entry> => {
  const events: Array<Event> = []
  const size = Math.floor(random() * 300)
  while (events.length < size) {
    events.push(user)
    const open: Array<string> = []
    for (let steps = random() * 120; steps > 0; steps--) {
      const dice = random()
      if (dice < 0.4) {
        open.push(`t${events.length}`)
        events.push(tool(`t${events.length}`))
      } else if (dice < 0.7 && open.length > 0)
        events.push(result(open.splice(Math.floor(random() * open.length), 1)[0] ?? "", random() < 0.3))
      else events.push(dice < 0.9 ? text : unheardOf)
    }
    if (random() < 0.5) events.push(closing)
    events.push(random() < 0.5 ? cancelled : text, ends("completed"))
  }
  return logged(...events)
}
