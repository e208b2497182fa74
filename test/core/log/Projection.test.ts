import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Event } from "../../../src/contract/Event.ts"
import { type Journal, JournalFailed } from "../../../src/core/journal/Journal.ts"
import * as EventLog from "../../../src/core/log/EventLog.ts"
import * as Redact from "../../../src/core/redact/redact.ts"
import { all, empty, ids, journal, logOver, text } from "../../support/journal/journals.ts"

describe("a log's projection", () => {
  it.effect("has what follows from the events that are on disk, and asks the disk for it when an append failed", () =>
    Effect.gen(function* () {
      const over = yield* journal
      const answers = ["lost", "refused"]
      const unsure: Journal["Service"] = {
        ...over,
        append: (...args) => {
          const answer = answers.pop()
          const failed = Effect.fail(new JournalFailed({ reason: "it died", full: false }))
          return answer === undefined
            ? over.append(...args)
            : Effect.andThen(answer === "lost" ? over.append(...args) : Effect.void, failed)
        }
      }
      const stored = Effect.map(over.page("log", -1, 1e6), (rows) => ({
        last: { id: rows.at(-1)?.id ?? null, at: null },
        projected: rows.length
      }))
      const project = (count: number, events: ReadonlyArray<Event>) => ({
        projected: count + events.length,
        derived: {}
      })
      const own = yield* EventLog.make(
        unsure,
        "log",
        { stored, project },
        { last: empty, projected: 0 },
        Redact.make([])
      )
      yield* Effect.flip(own.append([text("refused")]))
      assert.strictEqual(own.projected(), 0)
      yield* Effect.flip(own.append([text("on disk"), text("too")]))
      yield* own.append([text("kept")])
      assert.strictEqual(own.projected(), 3)
    })
  )

  it.effect("stores metadata beside an event and shows it to nobody", () =>
    Effect.gen(function* () {
      const over = yield* journal
      const stored: Array<unknown> = []
      const watched: Journal["Service"] = {
        ...over,
        append: (name, rows, derived) => {
          stored.push(...rows.map(({ metadata }) => metadata))
          return over.append(name, rows, derived)
        }
      }
      const hidden: Event & { readonly metadata: object } = { ...text("a"), metadata: { hidden: "h" } }
      const own = yield* logOver(watched, "log")
      yield* own.append([hidden, text("b")])
      assert.deepStrictEqual(stored, ['{"hidden":"h"}', undefined])
      const frames = yield* all(own)
      assert.deepStrictEqual(ids(frames), [0, 1])
      assert.notInclude(JSON.stringify(frames), "hidden")
    })
  )
})
