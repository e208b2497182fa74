/**
 * One log: append, replay from any id, then tail. An event is in the journal before any reader sees it. The PubSub is
 * only the bell; the log is the mailbox, and a reader is a cursor over it, so a slow one costs a number and misses
 * nothing. Frames are encoded once for all readers. Deltas and progress are state, not events: a reader is sent what
 * it has not seen of them, and they are never stored.
 */
import { Cause, DateTime, Effect, PubSub, type Pull, Semaphore, Stream } from "effect"
import type { Event, Progress, Stamp } from "../contract/Event.ts"
import type { Status } from "../contract/Pve.ts"
import { cap } from "./cap.ts"
import type { Journal, JournalFailed, Last, Row, SessionPatch } from "./Journal.ts"
import * as Metrics from "./metrics.ts"
import { chunkBytes, frame, type Place, Reader, State } from "./Reader.ts"
import { deep, type Redact } from "./redact.ts"

export interface EventLog<E extends Kinded = Event> {
  /** Stores events without their secrets, cut to size, then shows them. */
  append(events: ReadonlyArray<E>, patch?: SessionPatch): Effect.Effect<void, JournalFailed>
  /** The block of prose that is being written, as far as it is. The next `text` or `turn_end` ends it. */
  writing(text: string): Effect.Effect<void>
  /** The tools that are running. */
  running(tools: ReadonlyArray<Progress>): Effect.Effect<void>
  /** What is known now, beside the log: a new reader is sent the newest. */
  status(status: Status): Effect.Effect<void>
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

/** `last` is where the journal ends; null when it could not be asked yet, and then the first append asks. */
export const make = <E extends Kinded = Event>(
  journal: Journal["Service"],
  name: string,
  last: Last | null,
  redact: Redact
) =>
  Effect.gen(function* () {
    const bell = yield* PubSub.sliding<void>(1)
    // Two appends at once would count from the same id.
    const oneAtATime = yield* Semaphore.make(1)
    return over<E>(journal, name, new State(last), redact, bell, oneAtATime.withPermits(1))
  })

const over = <E extends Kinded>(
  journal: Journal["Service"],
  name: string,
  log: State,
  redact: Redact,
  bell: PubSub.PubSub<void>,
  alone: <A, F>(effect: Effect.Effect<A, F>) => Effect.Effect<A, F>
): EventLog<E> => {
  const ring = PubSub.publish(bell, undefined)

  const store = Effect.fnUntraced(function* (events: ReadonlyArray<E>, patch: SessionPatch | undefined) {
    const at = DateTime.formatIso(yield* DateTime.now)
    if (!log.known) log.begin(yield* journal.last(name))
    let redacted = 0
    const rows = events.map((event, index): Row => {
      const id = log.next + index
      const { value, count } = deep(redact, event)
      redacted += count
      const { event: cut, full } = cap(value as Event)
      const json = JSON.stringify({ ...cut, ...(count === 0 ? {} : { redacted: count }), at, id })
      return { id, at, json, full }
    })
    yield* journal.append(name, rows, patch)
    log.keep(rows)
    yield* Metrics.appended(events, redacted)
    if (events.some(({ kind }) => kind === "text" || kind === "turn_end")) log.newBlock()
    // A CLI that dies in the middle of a tool never says that the tool ended.
    if (events.some(({ kind }) => kind === "turn_end")) {
      log.show("progress", [])
      log.idle()
    }
    yield* ring
  })

  const change = (mutate: () => void) => Effect.andThen(Effect.sync(mutate), ring)
  return {
    append: (events, patch) => Effect.uninterruptible(alone(store(events, patch))),
    writing: (text) => change(() => log.write(text)),
    running: (tools) => change(() => log.show("progress", tools)),
    status: (status) => change(() => log.show("status", [status])),
    entries: function* () {
      if (!log.known) return
      for (let page = journal.page(name, -1, chunkBytes); page.length > 0;) {
        for (const { json } of page) yield JSON.parse(json) as E & Stamp
        page = journal.page(name, page.at(-1)?.id ?? log.next, chunkBytes)
      }
    },
    attach: (place) =>
      Stream.unwrap(
        Effect.gen(function* () {
          // Before the first look at the log: whatever comes after that look has rung.
          const rung = yield* PubSub.subscribe(bell)
          const reader = new Reader(log, place, (from) => journal.page(name, from, chunkBytes).map(frame))
          const pull: Pull.Pull<readonly [Uint8Array]> = Effect.suspend(() => {
            const bytes = reader.next()
            if (bytes !== null) return Effect.succeed([bytes] as const)
            return reader.over ? Cause.done() : Effect.andThen(PubSub.take(rung), pull)
          })
          return Stream.fromPull(Effect.succeed(pull))
        })
      ),
    keepalive: change(() => (log.keepalives += 1)),
    close: change(() => (log.closed = true)),
    last: () => log.last
  }
}
