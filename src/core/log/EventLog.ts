/**
 * One log: append, replay from any id, then tail. An event is in the journal before any reader sees it. The PubSub is
 * only the bell; the log is the mailbox, and a reader is a cursor over it, so a slow one costs a number and misses
 * nothing. Frames are encoded once for all readers. Deltas and progress are state, not events: a reader is sent what
 * it has not seen of them, and they are never stored.
 */
import { Cause, DateTime, Effect, Fiber, PubSub, type Pull, Semaphore, Stream } from "effect"
import type { Event, Progress, Stamp } from "../../contract/Event.ts"
import type { Status } from "../../contract/Power.ts"
import { cap } from "./truncate.ts"
import type { Journal, JournalFailed } from "../journal/Journal.ts"
import type { Last } from "../journal/types.ts"
import * as Metrics from "./metrics.ts"
import type { Projection, Start } from "./Projection.ts"
import { chunkBytes, frame, type Place, Reader, State } from "./Cursor.ts"
import { deep, type Redact } from "../redact/redact.ts"

export interface EventLog<E extends Kinded = Event, S = unknown> {
  /** Stores events without their secrets, cut to size, then shows them. Their metadata is stored and not shown. */
  append(events: ReadonlyArray<E>): Effect.Effect<void, JournalFailed>
  /** More of the block of prose that is being written. The next `text` or `turn_end` ends it. */
  writing(more: string): Effect.Effect<void>
  /** The tools that are running. */
  running(tools: ReadonlyArray<Progress>): Effect.Effect<void>
  /** What is known now, beside the log: a new reader is sent the newest. */
  status(status: Status): Effect.Effect<void>
  /**
   * SSE frames: what comes after the place, `caught-up`, then (when it follows) whatever comes, until `close`, or until
   * `leave` gives the last that this reader is to be sent.
   */
  attach(place: Place, leave?: Effect.Effect<Uint8Array>): Stream.Stream<Uint8Array>
  /** Gives the newest so many events (all, unless it is said), the first of them first. */
  readonly entries: (each: (entry: E & Stamp) => void, newest?: number) => Effect.Effect<void, JournalFailed>
  /** A comment frame to every reader. */
  readonly keepalive: Effect.Effect<void>
  /** Says `bye` and ends every reader, now and later. */
  readonly close: Effect.Effect<void>
  readonly last: () => Last
  /** What follows from its events. */
  readonly projected: () => S
}

/** What any event of any log has. */
export interface Kinded {
  readonly kind: string
  readonly metadata?: object
}

/** `start.last` is null when the journal could not be asked yet, and then the first append asks. */
export const make = <E extends Kinded, S>(
  journal: Journal["Service"],
  name: string,
  projection: Projection<E, S>,
  start: Omit<Start<S>, "last"> & { readonly last: Last | null },
  redact: Redact
) =>
  Effect.gen(function* () {
    const bell = yield* PubSub.sliding<void>(1)
    // Two appends at once would count from the same id.
    const oneAtATime = yield* Semaphore.make(1)
    return over(journal, name, projection, start, redact, bell, oneAtATime.withPermits(1))
  })

const over = <E extends Kinded, S>(
  journal: Journal["Service"],
  name: string,
  projection: Projection<E, S>,
  start: { readonly last: Last | null; readonly projected: S },
  redact: Redact,
  bell: PubSub.PubSub<void>,
  alone: <A, F>(effect: Effect.Effect<A, F>) => Effect.Effect<A, F>
): EventLog<E, S> => {
  const log = new State(start.last)
  let projected = start.projected
  const ring = PubSub.publish(bell, undefined)

  const store = Effect.fnUntraced(function* (events: ReadonlyArray<E>) {
    const at = DateTime.formatIso(yield* DateTime.now)
    if (!log.known) {
      const stored = yield* projection.stored
      log.begin(stored.last)
      projected = stored.projected
    }
    let redacted = 0
    const written = events.map(({ metadata, ...event }, index) => {
      const id = log.next + index
      const { value, count } = deep(redact, event)
      redacted += count
      const { event: cut, full } = cap(value as Event)
      const json = JSON.stringify({ ...cut, ...(count === 0 ? {} : { redacted: count }), at, id })
      if (metadata === undefined) return { event: cut, row: { id, at, json, full } }
      return { event: { ...cut, metadata }, row: { id, at, json, full, metadata: JSON.stringify(metadata) } }
    })
    const rows = written.map(({ row }) => row)
    const next = projection.project(
      projected,
      written.map(({ event }) => event as unknown as E)
    )
    // After a failure only the disk knows where the log ends: a thread may have died between its commit and its answer.
    yield* Effect.tapError(journal.append(name, rows, next.derived), () => Effect.sync(() => (log.known = false)))
    projected = next.projected
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
    append: (events) => Effect.uninterruptible(alone(store(events))),
    writing: (more) => change(() => log.write(more)),
    running: (tools) => change(() => log.show("progress", tools)),
    status: (status) => change(() => log.show("status", [status])),
    entries: Effect.fnUntraced(function* (each, newest = log.next) {
      for (let page = yield* journal.page(name, log.next - 1 - newest, chunkBytes); page.length > 0;) {
        for (const { json } of page) each(JSON.parse(json) as E & Stamp)
        page = yield* journal.page(name, page.at(-1)?.id ?? log.next, chunkBytes)
      }
    }),
    attach: (place, leave = Effect.never) =>
      Stream.unwrap(
        Effect.gen(function* () {
          // Before the first look at the log: whatever comes after that look has rung.
          const rung = yield* PubSub.subscribe(bell)
          const scope = yield* Effect.scope
          const reader = new Reader(log, place)
          const farewell: Array<Uint8Array> = []
          yield* Effect.forkIn(
            Effect.flatMap(leave, (last) =>
              change(() => {
                reader.over = true
                farewell.push(last)
              })
            ),
            scope
          )
          let fetching: { readonly after: number; readonly fiber: Fiber.Fiber<void> } | null = null
          const fetch = Effect.fnUntraced(function* (after: number) {
            const end = log.next
            const rows = yield* Effect.orDie(journal.page(name, after, chunkBytes))
            reader.give(rows.map(frame), end)
          })
          const pull: Pull.Pull<readonly [Uint8Array]> = Effect.gen(function* () {
            while (true) {
              const bytes = reader.next() ?? farewell.pop() ?? null
              if (bytes !== null) return [bytes] as const
              if (reader.over) return yield* Cause.done()
              const { missing } = reader
              if (missing === null) yield* PubSub.take(rung)
              else {
                // What was asked for may have come while this reader was sent something else.
                if (fetching?.after !== missing)
                  fetching = { after: missing, fiber: yield* Effect.forkIn(fetch(missing), scope) }
                yield* Effect.raceFirst(Fiber.join(fetching.fiber), PubSub.take(rung))
              }
            }
          })
          return Stream.fromPull(Effect.succeed(pull))
        })
      ),
    keepalive: change(() => (log.keepalives += 1)),
    close: change(() => (log.closed = true)),
    last: () => log.last,
    projected: () => projected
  }
}
