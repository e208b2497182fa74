import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Queue, Stream } from "effect"
import type { EventLog } from "../../../src/core/log/EventLog.ts"
import { LogRegistry } from "../../../src/core/log/LogRegistry.ts"
import { follow, journal, logOver, sent } from "../../support/journal/journals.ts"

const caughtUp = "event: caught-up\ndata: {}\n\n"

/** Follows a log from its beginning, past `caught-up`. */
const attached = Effect.fnUntraced(function* (log: EventLog) {
  const frames = yield* Queue.unbounded<string>()
  const reading = Stream.runForEach(sent(log.attach(follow(null))), (bytes) =>
    Queue.offer(frames, Buffer.from(bytes).toString())
  )
  const reader = yield* Effect.forkChild(reading)
  assert.strictEqual(yield* Queue.take(frames), caughtUp)
  return { reader, frames }
})

describe("the registry of logs", () => {
  it.live("keeps the readers of every log alive, and ends them, whatever the logs are of", () =>
    Effect.gen(function* () {
      const registry = yield* LogRegistry
      const own = yield* journal
      const logs = yield* Effect.forEach(["vm", "session"], (name) => logOver(own, name))
      for (const log of logs) yield* registry.add(log)
      const readers = yield* Effect.forEach(logs, attached)
      yield* registry.keepalive
      for (const { frames } of readers) assert.strictEqual(yield* Queue.take(frames), ": keepalive\n\n")
      yield* registry.close
      for (const { reader, frames } of readers) {
        yield* Fiber.join(reader)
        assert.include(yield* Queue.take(frames), "event: bye\n")
      }
    }).pipe(Effect.scoped, Effect.provide(LogRegistry.layer))
  )

  it.live("leaves a log alone that was removed", () =>
    Effect.gen(function* () {
      const registry = yield* LogRegistry
      const log = yield* Effect.flatMap(journal, (own) => logOver(own, "removed"))
      yield* registry.add(log)
      yield* registry.remove(log)
      const { reader, frames } = yield* attached(log)
      yield* registry.close
      yield* log.keepalive
      assert.strictEqual(yield* Queue.take(frames), ": keepalive\n\n")
      yield* Fiber.interrupt(reader)
    }).pipe(Effect.scoped, Effect.provide(LogRegistry.layer))
  )
})
