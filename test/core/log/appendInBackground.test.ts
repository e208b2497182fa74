import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { EventLog } from "../../../src/core/log/EventLog.ts"
import { appendInBackground } from "../../../src/core/log/appendInBackground.ts"
import { log, upTo } from "../../support/journal/journals.ts"

const line = (at: number) => ({ kind: "text", text: `${at}` }) as const

describe("appending in the background", () => {
  it.effect("PVE-10 a disk that is slow with each line holds up no line, and has them in order in the end", () =>
    Effect.gen(function* () {
      const real = yield* log
      const slow: EventLog = { ...real, append: (events) => Effect.delay(real.append(events), "450 millis") }
      const { append, flush } = appendInBackground(slow, yield* Effect.scope)
      // No time passes here but what is asked for: a wait would never end.
      for (const at of upTo(20)) yield* append(line(at))
      const waiting = yield* Effect.forkChild(flush, { startImmediately: true })
      yield* TestClock.adjust("449 millis")
      assert.isUndefined(waiting.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(waiting)
      const stored: Array<string> = []
      yield* real.entries((entry) => stored.push(entry.kind === "text" ? entry.text : ""))
      assert.deepStrictEqual(stored, upTo(20).map(String))
    })
  )

  it.effect("DISK-04 a disk that gives no answer is waited for no longer than 500 ms", () =>
    Effect.gen(function* () {
      const silent: EventLog = { ...(yield* log), append: () => Effect.never }
      const { append, flush } = appendInBackground(silent, yield* Effect.scope)
      yield* append(line(0))
      const waiting = yield* Effect.forkChild(flush, { startImmediately: true })
      yield* TestClock.adjust("500 millis")
      yield* Fiber.join(waiting)
    })
  )
})
