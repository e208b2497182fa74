/** A disk that gives no answer to some of what is written to it, for as long as a test wants. */
import { Deferred, Effect } from "effect"
import { type Journal, JournalFailed } from "../../../src/core/journal/Journal.ts"

type Service = Journal["Service"]

export const silent = new JournalFailed({ reason: "the disk has not answered for 5 s", full: false })

/** Holds the writes that hold this word until it is let go, or fails them. */
export const holding = (word: string) => {
  const disk = Deferred.makeUnsafe<void, JournalFailed>()
  const holds = Effect.sync(() => !Deferred.isDoneUnsafe(disk))
  const stalled = Effect.flatMap(Effect.delay(holds, "5 seconds"), (held) =>
    held ? Effect.fail(silent) : Effect.never
  )
  const journal = (real: Service): Service => ({
    ...real,
    failIfStalled: (effect) => Effect.raceFirst(effect, stalled),
    append: (name, rows, derived) =>
      Effect.flatMap(holds, (held) =>
        Effect.andThen(
          held && rows.some(({ json }) => json.includes(word)) ? Deferred.await(disk) : Effect.void,
          real.append(name, rows, derived)
        )
      )
  })
  return { journal, letGo: Deferred.succeed(disk, undefined), fail: Deferred.fail(disk, silent) }
}
