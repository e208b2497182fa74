/** Journals in directories of their own, and logs over them, for tests below HTTP. */
import { Effect, Layer, Stream } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { Config } from "../../../src/breakglass/config/Config.ts"
import type { Last, Quota } from "../../../src/core/journal/types.ts"
import * as Homes from "../../../src/core/claude/homes.ts"
import * as Disk from "../../../src/core/journal/calls.ts"
import type { Event } from "../../../src/contract/Event.ts"
import * as EventLog from "../../../src/core/log/EventLog.ts"
import { journalWorker } from "../../../src/breakglass/root.ts"
import * as Journal from "../../../src/core/journal/Journal.ts"
import type { CursorStart } from "../../../src/core/log/Cursor.ts"
import type { Item } from "../../../src/core/log/LogState.ts"
import { frames } from "../../../src/core/log/sse.ts"
import { stateless } from "../../../src/core/log/Projection.ts"
import * as Redact from "../../../src/core/redact/redact.ts"
import { type Dispatched, parse } from "../http/specSse.ts"

/** Gone with the test's scope. */
export const directory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "breakglass-journal-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)

export const mebibyte = 1024 * 1024
export const roomy: Quota = { session: 1024 * mebibyte, total: 4096 * mebibyte }

export const journal = Effect.flatMap(directory, (path) =>
  Journal.make({ directory: path, quota: roomy, worker: journalWorker })
)

/** In the test's own thread, for tests that move the clock: nothing in it takes any time. */
export const ownThread = (path: string, quota: Quota = roomy) => {
  const calls = Disk.make({ directory: path, quota }, Homes.make(path))
  const ask = (request: Disk.WorkerRequest) => Effect.sync(() => Disk.reply(calls, request))
  return Effect.acquireRelease(Effect.andThen(Effect.sync(calls.open), Journal.over({ ask, silent: () => 0 })), () =>
    Effect.sync(calls.close)
  )
}
export const layerOwnThread = Layer.effect(
  Journal.Journal,
  Effect.flatMap(Config, ({ directory, quota }) => ownThread(directory, quota))
)

export const empty: Last = { id: null, at: null }

export const logOver = (over: Journal.Journal["Service"], name: string, last: Last | null = empty) =>
  EventLog.make(over, name, stateless<Event>(over, name), { last, projected: null }, Redact.make([]))

/** A log in a journal of its own. */
export const log = Effect.flatMap(journal, (over) => logOver(over, "log"))

export const text = (words: string) => ({ kind: "text", text: words }) as const

export const follow = (after: number | null): CursorStart => ({ after, follow: true })

/** What a reader is sent. */
export const sent = (items: Stream.Stream<Item>) => Stream.map(items, frames)

/** The events among these items. */
export const eventsOf = <E>(items: ReadonlyArray<Item>): ReadonlyArray<E> =>
  items.flatMap((item) =>
    item._tag === "Events" ? item.events.map(({ json }) => JSON.parse(Buffer.from(json).toString()) as E) : []
  )

/** What a reader is sent until a frame fits, as the specification's parser sees it. */
export const until = (items: Stream.Stream<Item>, fits: (frame: Dispatched) => boolean) =>
  Effect.map(Stream.runCollect(Stream.takeUntil(sent(items), (chunk) => parse(chunk).some(fits))), (chunks) =>
    parse(...chunks)
  )

export const caughtUp = ({ type }: Dispatched) => type === "caught-up"

/** Everything a reader gets that does not stay. */
export const all = (of: EventLog.EventLog) =>
  Effect.map(Stream.runCollect(sent(of.attach({ after: null, follow: false }))), (chunks) => parse(...chunks))

export const ids = (frames: ReadonlyArray<Dispatched>): ReadonlyArray<number> =>
  frames.filter(({ type }) => type === "message").map(({ data }) => (JSON.parse(data) as { id: number }).id)

export const upTo = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, at) => at)
