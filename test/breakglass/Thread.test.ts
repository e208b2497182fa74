import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue, Stream } from "effect"
import * as Journal from "../../src/breakglass/Journal.ts"
import * as Thread from "../../src/breakglass/Thread.ts"
import { all, directory, follow, ids, journal, logOver, roomy, text } from "../support/journals.ts"
import { parse } from "../support/specSse.ts"

const row = (id: number): Journal.Row => ({ id, at: "2026-01-01T00:00:00.000Z", json: `{"id":${id}}`, full: null })

describe("the journal's thread", () => {
  it.effect("DISK-04 that cannot begin is a journal that is not there, and no server that does not start", () =>
    Effect.gen(function* () {
      // No function crosses into a thread.
      const own = yield* Journal.make(yield* directory, { ...roomy, total: (() => 0) as never })
      assert.match((yield* Effect.flip(own.sessions)).reason, /^the journal's thread failed: /)
      assert.isFalse(yield* own.writable)
    })
  )

  it.effect("DISK-04 fails what was asked of a thread that died, and goes on with another", () =>
    Effect.gen(function* () {
      const thread = yield* Thread.make(yield* directory, roomy)
      const own = Journal.over(thread)
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
        yield* Effect.forkScoped(Stream.runForEach(own.attach(follow(null)), (chunk) => Queue.offer(chunks, chunk)))
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
})
