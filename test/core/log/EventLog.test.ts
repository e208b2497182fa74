import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Queue, Stream } from "effect"
import { MaxOpsBeforeYield } from "effect/Scheduler"
import type * as EventLog from "../../../src/core/log/EventLog.ts"
import { JournalFailed, type Journal } from "../../../src/core/journal/Journal.ts"
import type { Event } from "../../../src/contract/Event.ts"
import { all, follow, ids, journal, log, logOver, sent, text, until, upTo } from "../../support/journal/journals.ts"
import { type Dispatched, parse } from "../../support/http/specSse.ts"

const end: Event = { kind: "turn_end", outcome: "completed" }
const types = (frames: ReadonlyArray<Dispatched>) => frames.map(({ type }) => type)
const tool = { tool_id: "t", name: "Bash", elapsed_ms: 5 }

/** A reader's chunks, as they come. */
const received = (of: EventLog.EventLog, after: number | null = null) =>
  Effect.gen(function* () {
    const chunks = yield* Queue.unbounded<string>()
    yield* Effect.forkScoped(
      Stream.runForEach(sent(of.attach(follow(after))), (chunk) => Queue.offer(chunks, Buffer.from(chunk).toString()))
    )
    return Queue.take(chunks)
  })

describe("EventLog", () => {
  it.effect("replays what was missed, says caught-up, then gives what comes", () =>
    Effect.gen(function* () {
      const own = yield* log
      yield* own.append([text("a"), text("b"), text("c")])
      const next = yield* received(own, 0)
      assert.deepStrictEqual(ids(parse(Buffer.from(yield* next))), [1, 2])
      assert.strictEqual(yield* next, "event: caught-up\ndata: {}\n\n")
      yield* own.append([text("d")])
      assert.match(yield* next, /^id: 3\ndata: \{"kind":"text","text":"d","at":"1970[^"]+","id":3\}\n\n$/)
    })
  )

  it.effect("sends caught-up first of an empty log, and reset then everything to a place past the end", () =>
    Effect.gen(function* () {
      const own = yield* log
      const silent = yield* received(own)
      assert.match(yield* silent, /caught-up/)
      yield* own.append([text("a"), text("b")])
      const lost = yield* received(own, 2)
      assert.strictEqual(yield* lost, "event: reset\ndata: {}\n\n")
      assert.deepStrictEqual(ids(parse(Buffer.from(yield* lost))), [0, 1])
      assert.match(yield* lost, /caught-up/)
    })
  )

  it.effect(
    "ends for a reader that does not stay: after caught-up, with the block so far and what is known beside it",
    () =>
      Effect.gen(function* () {
        const own = yield* log
        assert.deepStrictEqual(types(yield* all(own)), ["caught-up"])
        yield* own.append([text("a")])
        yield* own.writing("and now")
        assert.deepStrictEqual(types(yield* all(own)), ["message", "caught-up", "delta"])
        yield* own.running([tool])
        assert.deepStrictEqual(types(yield* all(own)), ["message", "caught-up", "delta", "progress"])
      })
  )

  it.effect("gives who attaches in the middle of a block what was written so far, as one delta", () =>
    Effect.gen(function* () {
      const own = yield* log
      const early = yield* received(own)
      yield* early
      yield* own.writing("Looking ")
      assert.strictEqual(yield* early, 'event: delta\ndata: {"text":"Looking "}\n\n')
      yield* own.writing("at ")
      assert.strictEqual(yield* early, 'event: delta\ndata: {"text":"at "}\n\n')
      const late = yield* received(own)
      yield* late
      assert.strictEqual(yield* late, 'event: delta\ndata: {"text":"Looking at "}\n\n')
      yield* own.append([text("Looking at it.")])
      yield* own.writing("Next")
      for (const next of [early, late]) {
        assert.match(yield* next, /^id: 0\n/)
        assert.strictEqual(yield* next, 'event: delta\ndata: {"text":"Next"}\n\n')
      }
    })
  )

  it.effect("never stores deltas or progress, and gives them no id", () =>
    Effect.gen(function* () {
      const over = yield* journal
      const own = yield* logOver(over, "log")
      const next = yield* received(own)
      yield* next
      yield* own.writing("words")
      yield* own.running([tool])
      const shown = `${yield* next}${yield* next}`
      assert.include(shown, "event: delta")
      assert.include(shown, "event: progress")
      assert.notInclude(shown, "id:")
      assert.deepStrictEqual(yield* over.page("log", -1, 1e9), [])
      assert.isNull((yield* over.last("log")).id)
    })
  )

  it.effect("forgets the tools of a turn with its end, however it ended", () =>
    Effect.gen(function* () {
      const own = yield* log
      yield* own.running([tool])
      yield* own.append([end])
      const next = yield* received(own)
      yield* next
      yield* next
      yield* own.append([text("after")])
      assert.match(yield* next, /^id: 1\n/)
    })
  )

  it.effect("shows nothing of what the journal refused, and uses up no id for it", () =>
    Effect.gen(function* () {
      const over = yield* journal
      let refuse = true
      const picky: Journal["Service"] = {
        ...over,
        append: (name, rows, derived) =>
          refuse ? Effect.fail(new JournalFailed({ reason: "full", full: false })) : over.append(name, rows, derived)
      }
      const own = yield* logOver(picky, "log")
      const next = yield* received(own)
      yield* next
      assert.strictEqual((yield* Effect.flip(own.append([text("lost")]))).reason, "full")
      refuse = false
      yield* own.append([text("kept")])
      assert.match(yield* next, /^id: 0\ndata: [^\n]*kept/)
    })
  )

  it.effect("has an event in the journal before any reader sees it", () =>
    Effect.gen(function* () {
      const over = yield* journal
      const own = yield* logOver(over, "log")
      const reading = yield* Effect.forkChild(
        sent(own.attach(follow(null))).pipe(
          Stream.map((chunk) => ids(parse(chunk)).at(-1) ?? -1),
          Stream.mapEffect((seen) => Effect.map(over.last("log"), ({ id }) => [seen, id ?? -1] as const)),
          Stream.takeUntil(([seen]) => seen === 99),
          Stream.runCollect
        )
      )
      for (const id of upTo(100)) yield* Effect.andThen(own.append([text(`${id}`)]), Effect.yieldNow)
      for (const [seen, stored] of yield* Fiber.join(reading)) assert.isAtMost(seen, stored)
    })
  )

  it.effect("gives every one of many appends at once ids of its own, wherever they interleave", () =>
    Effect.gen(function* () {
      const over = yield* journal
      for (const ops of upTo(40)) {
        const own = yield* logOver(over, `${ops}`)
        yield* Effect.forEach(upTo(8), (at) => own.append([text(`${at}`), text(`${at}`)]), {
          concurrency: "unbounded",
          discard: true
        }).pipe(Effect.provideService(MaxOpsBeforeYield, ops + 3))
        assert.deepStrictEqual(ids(yield* all(own)), upTo(16), `${ops} operations a turn`)
      }
    })
  )

  it.effect("goes on with the ids of the disk when that could not be asked at first", () =>
    Effect.gen(function* () {
      const over = yield* journal
      yield* (yield* logOver(over, "vm")).append([text("from before the restart")])
      const blind = yield* logOver(over, "vm", null)
      yield* blind.append([text("of this one")])
      assert.deepStrictEqual(ids(yield* all(blind)), [0, 1])
    })
  )

  it.effect("says bye to every reader, those to come as well", () =>
    Effect.gen(function* () {
      const own = yield* log
      const reading = yield* Effect.forkChild(
        until(own.attach(follow(null)), () => false),
        { startImmediately: true }
      )
      yield* own.close
      for (const frames of [yield* Fiber.join(reading), yield* until(own.attach(follow(null)), () => false)]) {
        assert.deepStrictEqual(types(frames), ["caught-up", "bye"])
      }
    })
  )
})
