/** A log that is longer than what memory holds of it: its readers wait for the disk. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Queue, Stream } from "effect"
import type { Journal } from "../../../src/core/journal/Journal.ts"
import { caughtUp, follow, ids, journal, logOver, sent, text, until, upTo } from "../../support/journal/journals.ts"
import { parse } from "../../support/http/specSse.ts"

describe("EventLog, from the disk", () => {
  it.live("SSE-03 gives the next page also to a reader whose last one came while it was sent a keepalive", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const over = yield* journal
        const before = yield* logOver(over, "log")
        for (const id of upTo(6)) yield* before.append([text(`${id}`.repeat(30_000))])
        const asked = yield* Queue.unbounded<Deferred.Deferred<void>>()
        const slow: Journal["Service"] = {
          ...over,
          page: (...where) =>
            Effect.gen(function* () {
              const given = yield* Deferred.make<void>()
              const rows = yield* Effect.orDie(over.page(...where))
              yield* Queue.offer(asked, given)
              yield* Deferred.await(given)
              return rows
            })
        }
        const own = yield* logOver(slow, "log", before.last())
        const pull = yield* Stream.toPull(sent(own.attach(follow(null))))
        const first = yield* Effect.forkChild(pull, { startImmediately: true })
        const page = yield* Queue.take(asked)
        yield* own.keepalive
        assert.match(Buffer.concat(yield* Fiber.join(first)).toString(), /^: keepalive/)
        yield* Deferred.succeed(page, undefined)
        for (const _ of upTo(20)) yield* Effect.yieldNow
        yield* Effect.forkScoped(
          Effect.forever(Effect.flatMap(Queue.take(asked), (next) => Deferred.succeed(next, undefined)))
        )
        const got: Array<number> = []
        while (got.length < 6) got.push(...ids(parse(...(yield* Effect.timeout(pull, "5 seconds")))))
        assert.deepStrictEqual(got, upTo(6))
      })
    )
  )

  it.effect("reads its entries to the end, also when the disk has lost some", () =>
    Effect.gen(function* () {
      const over = yield* journal
      yield* (yield* logOver(over, "log")).append([text("a"), text("b")])
      const own = yield* logOver(over, "log", { id: 5, at: null })
      const read: Array<number> = []
      yield* own.entries(({ id }) => read.push(id))
      assert.deepStrictEqual(read, [0, 1])
      read.length = 0
      yield* (yield* logOver(over, "log", yield* over.last("log"))).entries(({ id }) => read.push(id), 1)
      assert.deepStrictEqual(read, [1])
      assert.deepStrictEqual(ids(yield* until(own.attach(follow(0)), caughtUp)), [1])
    })
  )
})
