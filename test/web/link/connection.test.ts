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
const connect: Command = { kind: "connect", poll: false }
const poll: Command = { kind: "connect", poll: true }
const rest: Command = { kind: "rest" }
const abort: Command = { kind: "abort" }
const ended = (kind: "ended" | "held" | "refused" | "failed", reason = "gone"): Event => ({
  kind: "ended",
  end: { kind, reason },
  random: 1
})
const bytes: Event = { kind: "bytes", caughtUp: false }
const caughtUp: Event = { kind: "bytes", caughtUp: true }

/** What happens, each at so many ms after the beginning; the state it leads to, and the last command. */
const after = (events: ReadonlyArray<readonly [at: number, event: Event]>, paused = false) =>
  [[0, { kind: "wake" }] as const, ...events].reduce<readonly [State, Command?]>(
    ([state], [at, event]) => step(state, event, t0 + at),
    [initial(paused)]
  )

const waiting = (attempt: number, until: number, reason = "gone") => ({
  state: "waiting",
  until: t0 + until,
  reason,
  attempt
})

/** What happened, what is said of the link, and what is done next. */
const rows: ReadonlyArray<
  readonly [fact: string, events: Parameters<typeof after>[0], link: object, command: Command | undefined]
> = [
  ["begins at once", [], { state: "connecting" }, connect],
  ["an answer is not yet the state of now", [[9, { kind: "opened" }]], { state: "catching_up" }, undefined],
  [
    "is live when the log has been read to its end",
    [
      [9, { kind: "opened" }],
      [10, bytes],
      [11, caughtUp]
    ],
    { state: "live" },
    undefined
  ],
  ["a failure is waited out", [[9, ended("failed")]], waiting(0, 1009), { kind: "rest", ms: 1000 }],
  [
    "each further failure is waited out longer",
    [
      [9, ended("failed")],
      [1009, { kind: "wake" }],
      [1010, ended("ended")]
    ],
    waiting(1, 3010),
    { kind: "rest", ms: 2000 }
  ],
  [
    "what is lost stays lost until an answer comes, also while it is tried again",
    [
      [9, ended("failed")],
      [1009, { kind: "wake" }]
    ],
    { ...waiting(0, 0), until: 0 },
    connect
  ],
  [
    "a connection that was good for a while forgets the failures before it",
    [
      [9, ended("failed")],
      [1009, { kind: "wake" }],
      [1010, ended("ended")],
      [3010, { kind: "wake" }],
      [3011, { kind: "opened" }],
      [9000, caughtUp],
      [9001, ended("ended")]
    ],
    waiting(0, 10_001),
    { kind: "rest", ms: 1000 }
  ],
  [
    "a 401 ends the attempts",
    [[9, { kind: "ended", end: { kind: "signed_out" }, random: 1 }]],
    { state: "signed_out" },
    rest
  ],
  ["a 404 ends the attempts", [[9, { kind: "ended", end: { kind: "gone" }, random: 1 }]], { state: "gone" }, rest],
  ["a refusal ends them with its reason", [[9, ended("refused", "no")]], { state: "refused", reason: "no" }, rest],
  [
    "after them a check tries again",
    [
      [9, { kind: "ended", end: { kind: "signed_out" }, random: 1 }],
      [60, { kind: "check" }]
    ],
    { state: "connecting" },
    connect
  ],
  ["a held stream is asked for in pieces, at once", [[9000, ended("held")]], { state: "connecting" }, poll],
  [
    "a piece that came is followed by the next one",
    [
      [9000, ended("held")],
      [9010, { kind: "opened" }],
      [9011, caughtUp],
      [9012, ended("ended", "")]
    ],
    { state: "polling" },
    { kind: "rest", ms: pollEveryMs }
  ],
  [
    "a piece that does not come is a lost link",
    [
      [9000, ended("held")],
      [18_000, ended("held")]
    ],
    waiting(0, 19_000),
    { kind: "rest", ms: 1000 }
  ],
  [
    "a check leaves a connection that spoke a moment ago",
    [
      [4000, bytes],
      [8000, { kind: "check" }]
    ],
    { state: "connecting" },
    undefined
  ],
  [
    "a check replaces a silent one",
    [
      [10, bytes],
      [6000, { kind: "check" }]
    ],
    { state: "connecting" },
    abort
  ],
  [
    "what was replaced is followed by the next one at once",
    [
      [10, bytes],
      [6000, { kind: "check" }],
      [6001, { kind: "ended", end: { kind: "checked" }, random: 1 }]
    ],
    { state: "connecting" },
    connect
  ],
  [
    "a check ends a wait",
    [
      [9, ended("failed")],
      [50, { kind: "check" }]
    ],
    { ...waiting(0, 0), until: 0 },
    connect
  ],
  [
    "out of the back-forward cache a connection is replaced, however new",
    [
      [10, bytes],
      [11, { kind: "check", force: true }]
    ],
    { state: "connecting" },
    abort
  ],
  [
    "out of the back-forward cache a wait ends",
    [
      [9, ended("failed")],
      [11, { kind: "check", force: true }]
    ],
    { ...waiting(0, 0), until: 0 },
    connect
  ],
  [
    "hidden, it lets go",
    [
      [10, caughtUp],
      [20, { kind: "hidden" }]
    ],
    { state: "live" },
    abort
  ],
  [
    "hidden, it does not come back",
    [
      [10, caughtUp],
      [20, { kind: "hidden" }],
      [21, { kind: "ended", end: { kind: "checked" }, random: 1 }]
    ],
    { state: "connecting" },
    rest
  ],
  [
    "hidden, no wait and no network brings it back",
    [
      [20, { kind: "hidden" }],
      [21, { kind: "ended", end: { kind: "checked" }, random: 1 }],
      [90, { kind: "check" }]
    ],
    { state: "connecting" },
    rest
  ],
  [
    "shown, it comes back at once",
    [
      [20, { kind: "hidden" }],
      [21, { kind: "ended", end: { kind: "checked" }, random: 1 }],
      [90, { kind: "shown" }]
    ],
    { state: "connecting" },
    connect
  ],
  ["closed, it lets go", [[20, { kind: "close" }]], { state: "connecting" }, abort],
  [
    "closed, nothing brings it back",
    [
      [20, { kind: "close" }],
      [21, ended("ended")],
      [90, { kind: "check" }]
    ],
    { state: "connecting" },
    undefined
  ]
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
    assert.deepStrictEqual(after([], true)[1], rest)
    assert.deepStrictEqual(after([[5, { kind: "shown" }]], true)[1], connect)
  })

  it("tries the stream again after so many polls", () => {
    let [state] = after([[9000, ended("held")]])
    let polled = 0
    for (let now = t0 + 10_000; ; now += pollEveryMs) {
      state = step(state, caughtUp, now)[0]
      state = step(state, ended("ended", ""), now)[0]
      const [next, command] = step(state, { kind: "wake" }, now)
      state = next
      polled++
      if (command?.kind === "connect" && !command.poll) break
    }
    assert.strictEqual(polled, pollsPerTry - 1)
    const [back] = step(step(state, caughtUp, t0 + 90_000)[0], ended("ended"), t0 + 90_001)
    assert.strictEqual(back.polls, 0)
    assert.strictEqual(back.link.state, "waiting")
  })
})
