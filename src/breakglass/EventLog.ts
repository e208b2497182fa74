/**
 * One log: append, replay from any id, then tail. An event is in the journal before any reader sees it. The PubSub is
 * only the bell; the log is the mailbox, and a reader is a cursor over it, so a slow one costs a number and misses
 * nothing. Frames are encoded once for all readers. Deltas and progress are state, not events: a reader is sent what
 * it has not seen of them, and they are never stored.
 */
import { Cause, DateTime, Effect, PubSub, Stream } from "effect"
import type { Event, Progress, Stamp } from "../contract/Event.ts"
import { cap } from "./cap.ts"
import type { Journal, JournalFailed, Last, Row, SessionPatch } from "./Journal.ts"
import { frame, type Place, Reader, State } from "./Reader.ts"
import { deep, type Redact } from "./redact.ts"

export interface EventLog<E extends Kinded = Event> {
  /** Stores events without their secrets, cut to size, then shows them. */
  append(events: ReadonlyArray<E>, patch?: SessionPatch): Effect.Effect<void, JournalFailed>
  /** The block of prose that is being written, as far as it is. The next `text` or `turn_end` ends it. */
  writing(text: string): Effect.Effect<void>
  /** The tools that are running. */
  running(tools: ReadonlyArray<Progress>): Effect.Effect<void>
  /** SSE frames: what comes after the place, `caught-up`, then (when it follows) whatever comes, until `close`. */
  attach(place: Place): Stream.Stream<Uint8Array>
  /** All events from the first on, read as they are asked for. */
  readonly entries: () => Iterable<E & Stamp>
  /** A comment frame to every reader. */
  readonly keepalive: Effect.Effect<void>
  /** Says `bye` and ends every reader, now and later. */
  readonly close: Effect.Effect<void>
  readonly last: () => Last
}

/** What any event of any log has. */
interface Kinded {
  readonly kind: string
}

export const make = <E extends Kinded = Event>(journal: Journal["Service"], name: string, last: Last, redact: Redact) =>
  Effect.gen(function* () {
    const bell = yield* PubSub.sliding<void>({ capacity: 1, replay: 1 })
    // Rung once for the readers of a log that is silent: the bell replays its last stroke.
    yield* PubSub.publish(bell, undefined)
    return over<E>(journal, name, last, redact, bell)
  })

const over = <E extends Kinded>(
  journal: Journal["Service"],
  name: string,
  last: Last,
  redact: Redact,
  bell: PubSub.PubSub<void>
): EventLog<E> => {
  const log = new State(last)
  const ring = PubSub.publish(bell, undefined)

  const append: EventLog<E>["append"] = Effect.fnUntraced(function* (events, patch) {
    const at = DateTime.formatIso(yield* DateTime.now)
    const rows = events.map((event, index): Row => {
      const id = log.next + index
      const { value, count } = deep(redact, event)
      const { event: cut, full } = cap(value as Event)
      const json = JSON.stringify({ ...cut, ...(count === 0 ? {} : { redacted: count }), at, id })
      return { id, at, json, full }
    })
    yield* journal.append(name, rows, patch)
    log.keep(rows)
    if (events.some((event) => event.kind === "text" || event.kind === "turn_end")) log.newBlock()
    yield* ring
  }, Effect.uninterruptible)

  const change = (mutate: () => void) => Effect.andThen(Effect.sync(mutate), ring)
  return {
    append,
    writing: (text) => change(() => log.write(text)),
    running: (tools) => change(() => log.progress(tools)),
    entries: function* () {
      for (let after = -1; after < log.next - 1;) {
        for (const { id, json } of journal.page(name, after, pageBytes)) {
          yield JSON.parse(json) as E & Stamp
          after = id
        }
      }
    },
    attach: (place) =>
      Stream.suspend(() => {
        const reader = new Reader(log, place, (from) => journal.page(name, from, pageBytes).map(frame))
        const ready = Effect.suspend(() => {
          const bytes = reader.next()
          return bytes === null ? Cause.done() : Effect.succeed([bytes] as const)
        })
        return Stream.fromPubSub(bell).pipe(
          Stream.flatMap(() => Stream.fromPull(Effect.succeed(ready))),
          Stream.takeUntil(() => reader.over)
        )
      }),
    keepalive: change(() => (log.keepalives += 1)),
    close: change(() => (log.closed = true)),
    last: () => log.last
  }
}

/** How much is read from disk, and sent, at a time. */
const pageBytes = 128 * 1024
