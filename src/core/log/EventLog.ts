/**
 * One log: append, replay from any id, then follow. An event is in the journal before any reader sees it. The PubSub only
 * wakes the readers: each is a cursor over the log, so a slow one costs a number and misses nothing. Deltas and progress are
 * state, not events: a reader is given what it has not seen of them, and they are never stored.
 */
import { Cause, DateTime, Effect, Fiber, PubSub, type Pull, Semaphore, Stream } from "effect"
import type { Event, Progress, Stamp } from "../../contract/Event.ts"
import type { Status } from "../../contract/Power.ts"
import type { Journal, JournalFailed } from "../journal/Journal.ts"
import type { Last } from "../journal/types.ts"
import { deep, type Redact } from "../redact/redact.ts"
import { Cursor, type CursorStart } from "./Cursor.ts"
import { chunkBytes, type Item, LogState } from "./LogState.ts"
import * as Metrics from "./metrics.ts"
import type { Projection, Start } from "./Projection.ts"
import { truncate } from "./truncate.ts"

export interface EventLog<E extends Kinded = Event, S = unknown> {
  /** Stores events without their secrets, cut to size, then shows them. Their metadata is stored and not shown. */
  append(events: ReadonlyArray<E>): Effect.Effect<void, JournalFailed>
  /** More of the block of prose that is being written. The next `text` or `turn_end` ends it. */
  writing(more: string): Effect.Effect<void>
  /** The tools that are running. */
  running(tools: ReadonlyArray<Progress>): Effect.Effect<void>
  /** What is known now, beside the log: a new reader is given the newest. */
  status(status: Status): Effect.Effect<void>
  /**
   * The events after the start, `CaughtUp`, then (when it follows) whatever comes, until `close`, or until `evicted` gives
   * what this reader is told last; null: nothing.
   */
  attach(start: CursorStart, evicted?: Effect.Effect<string | null>): Stream.Stream<Item>
  /** Gives the newest so many events (all, if no number is given), the first of them first. */
  readonly entries: (each: (entry: E & Stamp) => void, newest?: number) => Effect.Effect<void, JournalFailed>
  /** Gives every reader a keepalive. */
  readonly keepalive: Effect.Effect<void>
  /** Ends every reader, now and later. */
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
  start: { readonly last: Last | null; readonly projected: S },
  redact: Redact
): Effect.Effect<EventLog<E, S>> =>
  Effect.gen(function* () {
    const wakeups = yield* PubSub.sliding<void>(1)
    const notify = PubSub.publish(wakeups, undefined)
    // Two appends at once would count from the same id.
    const oneAtATime = yield* Semaphore.make(1)
    const state = new LogState(start.last)
    const { store, projected } = storing({ journal, name, projection, redact, state }, start.projected)
    const change = (mutate: () => void) => Effect.andThen(Effect.sync(mutate), notify)
    return {
      append: (events) => Effect.uninterruptible(oneAtATime.withPermits(1)(Effect.andThen(store(events), notify))),
      writing: (more) => change(() => state.write(more)),
      running: (tools) => change(() => state.show(tools.length === 0 ? null : { _tag: "Progress", tools })),
      status: (status) => change(() => state.show({ _tag: "Status", status })),
      attach: (start, evicted = Effect.never) =>
        Stream.unwrap(attached({ journal, name, state, wakeups }, start, evicted)),
      entries: Effect.fnUntraced(function* (each, newest = state.next) {
        for (let page = yield* journal.page(name, state.next - 1 - newest, chunkBytes); page.length > 0;) {
          for (const { json } of page) each(JSON.parse(json) as E & Stamp)
          page = yield* journal.page(name, page.at(-1)?.id ?? state.next, chunkBytes)
        }
      }),
      keepalive: change(() => (state.keepalives += 1)),
      close: change(() => (state.closed = true)),
      last: () => state.last,
      projected
    }
  })

interface Storing<E, S> {
  readonly journal: Journal["Service"]
  readonly name: string
  readonly projection: Projection<E, S>
  readonly redact: Redact
  readonly state: LogState
}

const storing = <E extends Kinded, S>({ journal, name, projection, redact, state }: Storing<E, S>, before: S) => {
  let projected = before
  const store = Effect.fnUntraced(function* (events: ReadonlyArray<E>) {
    const at = DateTime.formatIso(yield* DateTime.now)
    if (!state.known) {
      const stored: Start<S> = yield* projection.stored
      state.begin(stored.last)
      projected = stored.projected
    }
    const ready = events.map((event, index) => prepared(event, redact, { at, id: state.next + index }))
    const rows = ready.map(({ row }) => row)
    const next = projection.project(
      projected,
      ready.map(({ event }) => event)
    )
    // After a failure only the disk knows where the log ends: a thread may have died between its commit and its answer.
    yield* Effect.tapError(journal.append(name, rows, next.derived), () => Effect.sync(() => (state.known = false)))
    projected = next.projected
    state.keep(rows)
    yield* Metrics.appended(
      events,
      ready.reduce((sum, { redacted }) => sum + redacted, 0)
    )
    if (events.some(({ kind }) => kind === "text" || kind === "turn_end")) state.newBlock()
    if (events.some(({ kind }) => kind === "turn_end")) {
      // A CLI that dies in the middle of a tool never says that the tool ended.
      state.show(null)
      state.idle()
    }
  })
  return { store, projected: () => projected }
}

/** An event without its secrets and cut to size, and its row. */
const prepared = <E extends Kinded>({ metadata, ...event }: E, redact: Redact, stamp: Stamp) => {
  const { value, count } = deep(redact, event)
  const { event: cut, full } = truncate(value as Event)
  const json = JSON.stringify({ ...cut, ...(count === 0 ? {} : { redacted: count }), at: stamp.at, id: stamp.id })
  const row = { id: stamp.id, at: stamp.at, json, full }
  return metadata === undefined
    ? { event: cut as unknown as E, row, redacted: count }
    : {
        event: { ...cut, metadata } as unknown as E,
        row: { ...row, metadata: JSON.stringify(metadata) },
        redacted: count
      }
}

interface Attaching {
  readonly journal: Journal["Service"]
  readonly name: string
  readonly state: LogState
  readonly wakeups: PubSub.PubSub<void>
}

const attached = Effect.fnUntraced(function* (
  { journal, name, state, wakeups }: Attaching,
  start: CursorStart,
  evicted: Effect.Effect<string | null>
) {
  // Before the cursor is made: whatever comes after that wakes it.
  const wakeup = yield* PubSub.subscribe(wakeups)
  const scope = yield* Effect.scope
  const cursor = new Cursor(state, start)
  const farewell: Array<Item> = []
  const evicting = Effect.flatMap(evicted, (reason) => {
    cursor.over = true
    if (reason !== null) farewell.push({ _tag: "Bye", reason })
    return PubSub.publish(wakeups, undefined)
  })
  yield* Effect.forkIn(evicting, scope)
  let fetching: { readonly after: number; readonly fiber: Fiber.Fiber<void> } | null = null
  const fetch = Effect.fnUntraced(function* (after: number) {
    const end = state.next
    cursor.give(yield* Effect.orDie(journal.page(name, after, chunkBytes)), end)
  })
  const pull: Pull.Pull<readonly [Item]> = Effect.gen(function* () {
    while (true) {
      const item = cursor.next() ?? farewell.pop() ?? null
      if (item !== null) return [item] as const
      if (cursor.over) return yield* Cause.done()
      const { missing } = cursor
      if (missing === null) yield* PubSub.take(wakeup)
      else {
        // What was asked for may have come while this reader was given something else.
        if (fetching?.after !== missing)
          fetching = { after: missing, fiber: yield* Effect.forkIn(fetch(missing), scope) }
        yield* Effect.raceFirst(Fiber.join(fetching.fiber), PubSub.take(wakeup))
      }
    }
  })
  return Stream.fromPull(Effect.succeed(pull))
})
