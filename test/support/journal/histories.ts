/**
 * Random histories of one log: somebody appends, readers attach anywhere, read at any speed, drop at any point and come
 * back with the last id they had. Each connection is checked as it goes; nothing is waited for but frames.
 */
import { Effect, Stream } from "effect"
import { MaxOpsBeforeYield } from "effect/Scheduler"
import type * as EventLog from "../../../src/core/log/EventLog.ts"
import type * as Journal from "../../../src/core/journal/Journal.ts"
import { follow, logOver, sent, text } from "./journals.ts"
import { type Dispatched, parse } from "../http/specSse.ts"

export interface Dice {
  readonly below: (limit: number) => number
  readonly chance: (of: number) => boolean
}

export const dice = (random: () => number): Dice => {
  const below = (limit: number) => Math.floor(random() * limit)
  return { below, chance: (of) => below(of) === 0 }
}

/** One history in a log of its own; fails with what was wrong, and how many connections it took. */
export const history = Effect.fnUntraced(function* (over: Journal.Journal["Service"], name: string, roll: Dice) {
  const log = yield* logOver(over, name)
  const events = roll.below(120)
  const readers = 1 + roll.below(4)
  const ops = 3 + roll.below(roll.chance(2) ? 20 : 500)
  const speeds = Array.from({ length: readers }, () => (roll.chance(3) ? 0 : roll.below(12)))
  const write = writing(log, roll, events)
  const read = speeds.map((pace, at) => reading(log, roll, events, { pace, clings: at === 0 }))
  const [, ...connections] = yield* Effect.all([write, ...read], { concurrency: "unbounded" }).pipe(
    Effect.provideService(MaxOpsBeforeYield, ops)
  )
  return connections.reduce((sum, each) => sum + each, 0)
})

const pause = (turns: number) => Effect.forEach(Array.from({ length: turns }), () => Effect.yieldNow, { discard: true })

const writing = Effect.fnUntraced(function* (log: EventLog.EventLog, roll: Dice, events: number) {
  for (let next = 0; next < events;) {
    if (roll.chance(3)) yield* log.writing("w".repeat(1 + roll.below(50)))
    if (roll.chance(9)) yield* log.keepalive
    if (roll.chance(5)) yield* log.running([{ tool_id: "t", name: "Bash", elapsed_ms: next }])
    const size = Math.min(events - next, 1 + roll.below(8))
    // Some events are larger than what is held in memory or read from disk at a time.
    const batch = Array.from({ length: size }, (_, at) => text(`${next + at} `.padEnd(roll.chance(40) ? 90_000 : 20)))
    yield* Effect.orDie(log.append(batch))
    next += size
    yield* pause(roll.chance(2) ? 0 : roll.below(20))
  }
  return 0
})

interface Habit {
  /** Turns of the scheduler between two chunks. */
  readonly pace: number
  /** Never drops by itself. */
  readonly clings: boolean
}

/** Attaches, again and again, until it has everything. */
const reading = Effect.fnUntraced(function* (log: EventLog.EventLog, roll: Dice, events: number, habit: Habit) {
  let seen = -1
  let connections = 0
  do {
    connections += 1
    const check = connection(seen, log.last().id ?? -1)
    let chunks = habit.clings ? Number.POSITIVE_INFINITY : roll.below(6)
    yield* sent(log.attach(follow(seen < 0 ? null : seen))).pipe(
      Stream.takeUntil((chunk) => {
        seen = parse(chunk).reduce(check, seen)
        chunks -= 1
        return chunks < 0 || seen === events - 1
      }),
      Stream.runForEach(() => pause(habit.pace))
    )
    yield* pause(roll.below(10))
  } while (seen < events - 1)
  return connections
})

/** What one connection may say: from the place on, no gap, no double, `caught-up` once and after all that was there. */
const connection = (from: number, thereAtFirst: number) => {
  let live = false
  const wrong = (what: string, frame: Dispatched) => {
    throw new Error(`${what}: ${frame.type} ${frame.data.slice(0, 80)} (attached after ${from})`)
  }
  return (seen: number, frame: Dispatched): number => {
    if (frame.type === "message") {
      const { id } = JSON.parse(frame.data) as { id: number }
      if (String(id) !== frame.lastEventId) wrong("two ids", frame)
      if (id !== seen + 1) wrong(id <= seen ? "a double or a reorder" : "a gap", frame)
      return id
    }
    if (frame.type === "caught-up") {
      if (live) wrong("a second caught-up", frame)
      if (seen < thereAtFirst) wrong("caught-up before the last replayed", frame)
      live = true
    } else if (frame.type === "reset") wrong("a reset of a place that exists", frame)
    else if (!live) wrong("state before caught-up", frame)
    return seen
  }
}
