import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Queue, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { WorkerReply } from "../../../src/core/journal/calls.ts"
import { journalWorker } from "../../../src/breakglass/root.ts"
import * as Journal from "../../../src/core/journal/Journal.ts"
import type { Row } from "../../../src/core/journal/types.ts"
import * as Thread from "../../../src/core/journal/WorkerClient.ts"
import { all, directory, follow, ids, journal, logOver, roomy, sent, text } from "../../support/journal/journals.ts"
import { parse } from "../../support/http/specSse.ts"

const row = (id: number): Row => ({ id, at: "2026-01-01T00:00:00.000Z", json: `{"id":${id}}`, full: null })

describe("the journal's thread", () => {
  it.effect("DISK-04 that cannot begin is a journal that is not there, and no server that does not start", () =>
    Effect.gen(function* () {
      // No function crosses into a thread.
      const own = yield* Journal.make({
        directory: yield* directory,
        quota: { ...roomy, total: (() => 0) as never },
        worker: journalWorker
      })
      assert.match((yield* Effect.flip(own.unended)).reason, /^the journal's thread failed: /)
      assert.isFalse(yield* own.writable)
    })
  )

  it.effect("DISK-04 fails what was asked of a thread that died, and goes on with another", () =>
    Effect.gen(function* () {
      const thread = yield* Thread.make({ directory: yield* directory, quota: roomy, worker: journalWorker })
      const own = yield* Journal.over(thread)
      yield* own.append("log", [row(0)])
      const asked = [thread.ask(null as never), own.append("log", [row(1)])] as const
      const [died, behind] = yield* Effect.all([asked[0], Effect.flip(asked[1])], { concurrency: "unbounded" })
      assert.strictEqual(died._tag, "Failed")
      assert.match(behind.reason, /^the journal's thread failed: /)
      yield* own.append("log", [row(1)])
      assert.deepStrictEqual(yield* own.page("log", -1, 1e6), [row(0), row(1)])
    })
  )

  it.effect(
    "DISK-04 asks the disk where it ends after a failure that had stored: no id twice, and readers get both",
    () =>
      Effect.gen(function* () {
        const over = yield* journal
        let dies = false
        const dying: Journal.Journal["Service"] = {
          ...over,
          append: (...args) =>
            Effect.andThen(
              over.append(...args),
              Effect.suspend(() =>
                dies ? Effect.fail(new Journal.JournalFailed({ reason: "died", full: false })) : Effect.void
              )
            )
        }
        const own = yield* logOver(dying, "log")
        yield* own.append([text("first")])
        const chunks = yield* Queue.unbounded<Uint8Array>()
        yield* Effect.forkScoped(
          Stream.runForEach(sent(own.attach(follow(null))), (chunk) => Queue.offer(chunks, chunk))
        )
        const next = Queue.take(chunks)
        assert.deepStrictEqual(ids(parse(Buffer.from(yield* next))), [0])
        yield* next
        dies = true
        yield* Effect.flip(own.append([text("stored")]))
        dies = false
        yield* own.append([text("after")])
        assert.deepStrictEqual(ids(parse(Buffer.from(yield* next))), [1, 2])
        assert.deepStrictEqual(ids(yield* all(own)), [0, 1, 2])
      })
  )

  it.effect(
    "asks the disk at most four times a second whether it takes writes, however many ask; whether it does again, at once",
    () =>
      Effect.gen(function* () {
        let probes = 0
        let takes = true
        const ask = () =>
          Effect.suspend(() => {
            probes += 1
            const answer: WorkerReply = takes
              ? { _tag: "Done", value: undefined }
              : { _tag: "Failed", reason: "disk I/O error", full: false }
            return Effect.delay(Effect.succeed(answer), "10 millis")
          })
        const own = yield* Journal.over({ ask, silent: () => 0 })
        const crowd = Effect.gen(function* () {
          const asked = Array.from({ length: 500 }, () => Effect.forkChild(own.writable, { startImmediately: true }))
          const fibers = yield* Effect.all(asked)
          yield* TestClock.adjust("10 millis")
          return new Set(yield* Effect.forEach(fibers, Fiber.join))
        })
        for (const round of [1, 2, 3]) {
          for (let times = 0; times < 25; times++) assert.deepStrictEqual([...(yield* crowd)], [true])
          yield* TestClock.adjust("10 millis")
          assert.strictEqual(probes, round)
        }
        takes = false
        yield* TestClock.adjust("250 millis")
        assert.deepStrictEqual([...(yield* crowd)], [false])
        assert.deepStrictEqual([...(yield* crowd)], [false])
        assert.strictEqual(probes, 5)
        takes = true
        assert.deepStrictEqual([...(yield* crowd)], [true])
      })
  )
})
