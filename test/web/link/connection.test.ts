import { assert, describe, it } from "@effect/vitest"
import {
  type Command,
  type Event,
  initial,
  pollEveryMs,
  pollsPerTry,
  type State,
  step
} from "../../../web/link/connection.ts"

const t0 = 1_000_000
const end = (kind: "ended" | "held" | "refused" | "failed", reason = "gone"): Event => ({
  kind: "ended",
  end: { kind, reason },
  random: 1
})
const ended = end("ended")
const held = end("held")
const polled = end("ended", "")
const over = (kind: "checked" | "signed_out" | "gone"): Event => ({ kind: "ended", end: { kind }, random: 1 })
const opened: Event = { kind: "opened" }
const bytes: Event = { kind: "bytes", caughtUp: false }
const caughtUp: Event = { kind: "bytes", caughtUp: true }
const wake: Event = { kind: "wake" }
const check: Event = { kind: "check" }
const force: Event = { kind: "check", force: true }
const hidden: Event = { kind: "hidden" }
const shown: Event = { kind: "shown" }
const close: Event = { kind: "close" }

const stream: Command = { kind: "connect", poll: false }
const piece: Command = { kind: "connect", poll: true }
const rest: Command = { kind: "rest" }
const restFor = (ms: number): Command => ({ kind: "rest", ms })
const abort: Command = { kind: "abort" }

const connecting = { state: "connecting" }
const waiting = (attempt: number, until: number) => ({ state: "waiting", until: t0 + until, reason: "gone", attempt })
const trying = { ...waiting(0, 0), until: 0 }

/** What happens, by the ms since the beginning. */
type Events = Readonly<Record<number, Event>>

/** The state it leads to, and the last command. */
const after = (events: Events, paused = false) =>
  Object.entries({ 0: wake, ...events }).reduce<readonly [State, Command?]>(
    ([state], [at, event]) => step(state, event, t0 + Number(at)),
    [initial(paused)]
  )

/** What happens, what is then said of the link, and what is done. */
const rows: ReadonlyArray<readonly [fact: string, events: Events, link: object, command: Command | undefined]> = [
  ["it begins at once", {}, connecting, stream],
  ["an answer is not yet the state of now", { 9: opened }, { state: "catching_up" }, undefined],
  ["it is live when the log was read to its end", { 9: opened, 10: bytes, 11: caughtUp }, { state: "live" }, undefined],
  ["a failure is waited out", { 9: end("failed") }, waiting(0, 1009), restFor(1000)],
  ["the next one is waited out longer", { 9: ended, 1009: wake, 1010: ended }, waiting(1, 3010), restFor(2000)],
  ["what is lost stays lost while it is tried again", { 9: ended, 1009: wake }, trying, stream],
  [
    "a connection that was good for a while forgets the failures before it",
    { 9: ended, 1009: wake, 1010: ended, 3010: wake, 3011: opened, 9000: caughtUp, 9001: ended },
    waiting(0, 10_001),
    restFor(1000)
  ],
  ["a 401 ends the attempts", { 9: over("signed_out") }, { state: "signed_out" }, rest],
  ["a 404 ends the attempts", { 9: over("gone") }, { state: "gone" }, rest],
  ["a refusal ends them with its reason", { 9: end("refused", "no") }, { state: "refused", reason: "no" }, rest],
  ["after them a check tries again", { 9: over("signed_out"), 60: check }, connecting, stream],
  ["a held stream is asked for in pieces, at once", { 9000: held }, connecting, piece],
  [
    "a piece that came is followed by the next one, a while later",
    { 9000: held, 9010: opened, 9011: caughtUp, 9012: polled },
    { state: "polling" },
    restFor(pollEveryMs)
  ],
  ["a piece that does not come is a lost link", { 9000: held, 18_000: held }, waiting(0, 19_000), restFor(1000)],
  ["a check leaves a connection that spoke a moment ago", { 4000: bytes, 8000: check }, connecting, undefined],
  ["a check replaces a silent one", { 10: bytes, 6000: check }, connecting, abort],
  ["the next one follows at once", { 10: bytes, 6000: check, 6001: over("checked") }, connecting, stream],
  ["a check ends a wait", { 9: ended, 50: check }, trying, stream],
  ["by force a connection is replaced, however new", { 10: bytes, 11: force }, connecting, abort],
  ["by force a wait ends", { 9: ended, 11: force }, trying, stream],
  ["hidden, it lets go", { 10: caughtUp, 20: hidden }, { state: "live" }, abort],
  ["hidden, it does not come back", { 10: caughtUp, 20: hidden, 21: over("checked") }, connecting, rest],
  ["hidden, no check brings it back", { 20: hidden, 21: over("checked"), 90: check }, connecting, rest],
  ["shown, it comes back at once", { 20: hidden, 21: over("checked"), 90: shown }, connecting, stream],
  ["closed, it lets go", { 20: close }, connecting, abort],
  ["closed, nothing brings it back", { 20: close, 21: ended, 90: check }, connecting, undefined]
]

describe("a connection's step", () => {
  for (const [fact, events, link, command] of rows) {
    it(fact, () => {
      const [state, then] = after(events)
      assert.deepStrictEqual(state.link as object, link)
      assert.deepStrictEqual(then, command)
    })
  }

  it("begins when it is shown, where nobody looks", () => {
    assert.deepStrictEqual(after({}, true)[1], rest)
    assert.deepStrictEqual(after({ 5: shown }, true)[1], stream)
  })

  it("tries the stream again after so many polls", () => {
    let [state] = after({ 9000: held })
    let polls = 0
    for (let now = t0 + 10_000; ; now += pollEveryMs) {
      state = step(state, caughtUp, now)[0]
      state = step(state, polled, now)[0]
      const [next, command] = step(state, wake, now)
      state = next
      polls++
      if (command?.kind === "connect" && !command.poll) break
    }
    assert.strictEqual(polls, pollsPerTry - 1)
    const [lost] = step(step(state, caughtUp, t0 + 90_000)[0], ended, t0 + 90_001)
    assert.strictEqual(lost.polls, 0)
    assert.strictEqual(lost.link.state, "waiting")
  })
})
