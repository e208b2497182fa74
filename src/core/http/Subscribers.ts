/**
 * Who is attached. A reader costs memory and a socket, so there is a limit to them, and one that does not take what it
 * was sent is let go: it comes back with Last-Event-ID and misses nothing. So is one whose machine is gone without a word,
 * which the kernel alone would notice after a quarter of an hour. Nobody else waits for it. One that would not be admitted
 * any more is let go too.
 */
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Context, Deferred, Effect, Layer, type Scope } from "effect"
import type { HttpServerRequest } from "effect/http"
import { readFile } from "node:fs/promises"
import type { OutgoingMessage } from "node:http"
import { Auth } from "./Auth.ts"
import * as Metrics from "./metrics.ts"
import { tended } from "../time/repeatSafely.ts"

export const perLog = 32
export const inAll = 128
/** How long a reader may take nothing of what waits for it: this many looks, this far apart. */
const looks = 6
const apart = "5 seconds"

export class Readers extends Context.Service<
  Readers,
  {
    /**
     * Counts the request's answer as a reader of this log until it ends; one too many lets the oldest go. Gives what waits
     * until this one is let go, and what it is to be sent last then.
     */
    readonly admit: (
      log: string,
      request: HttpServerRequest.HttpServerRequest
    ) => Effect.Effect<Effect.Effect<Farewell>, never, Scope.Scope>
    /** How many read this log now, or any. */
    readonly count: (log?: string) => Effect.Effect<number>
    /** Waits until the next one begins to read this log. */
    readonly comes: (log: string) => Effect.Effect<void>
  }
>()("breakglass/Readers") {
  /** `unacknowledged`: bytes that the kernel holds for a connection, by our port and its peer's. */
  static readonly over = (unacknowledged: Effect.Effect<ReadonlyMap<string, number>>) =>
    Layer.effect(
      Readers,
      Effect.gen(function* () {
        const { operator } = yield* Auth
        const readers = new Set<Reader>()
        const coming = new Map<string, Deferred.Deferred<void>>()
        const look = (held: ReadonlyMap<string, number>) =>
          Effect.fnUntraced(function* (reader: Reader) {
            if (stalls(reader, held)) return yield* Metrics.evicted("stalled")
            if (yield* Effect.isSuccess(operator(reader.request))) return
            readers.delete(reader)
            letGo(reader, null)
            yield* Metrics.evicted("signed_out")
          })
        const round = Effect.gen(function* () {
          if (readers.size === 0) return
          const held = yield* unacknowledged
          yield* Effect.forEach([...readers], look(held), { discard: true })
        })
        yield* tended(apart, round)
        return Readers.of({
          count: (log) =>
            Effect.sync(() => [...readers].filter((reader) => log === undefined || reader.log === log).length),
          comes: (log) =>
            Effect.suspend(() => {
              const next = coming.get(log) ?? Deferred.makeUnsafe<void>()
              coming.set(log, next)
              return Deferred.await(next)
            }),
          admit: (log, request) =>
            Effect.acquireRelease(
              Effect.sync(() => {
                const response = NodeHttpServerRequest.toServerResponse(request) as OutgoingMessage
                const leave = Deferred.makeUnsafe<Farewell>()
                const reader: Reader = { log, request, response, leave, taken: 0, same: 0 }
                readers.add(reader)
                const awaited = coming.get(log)
                coming.delete(log)
                if (awaited !== undefined) Deferred.doneUnsafe(awaited, Effect.void)
                const [oldest] = readers
                const [oldestHere] = [...readers].filter((other) => other.log === log).slice(0, -perLog)
                const over = [oldestHere, readers.size > inAll ? oldest : undefined].flatMap((one) =>
                  one !== undefined && readers.delete(one) ? [one] : []
                )
                for (const one of over) letGo(one, "superseded")
                return { reader, over: over.length }
              }).pipe(Effect.flatMap(({ reader, over }) => Effect.as(Metrics.evicted("superseded", over), reader))),
              (reader) => Effect.sync(() => readers.delete(reader))
            ).pipe(Effect.map(({ leave }) => Deferred.await(leave)))
        })
      })
    )

  static readonly layer = Readers.over(Effect.promise(ofKernel))
}

/** What it is told last: why it is to go. null: nothing. */
type Farewell = "superseded" | null

interface Reader {
  readonly log: string
  readonly request: HttpServerRequest.HttpServerRequest
  readonly response: OutgoingMessage
  readonly leave: Deferred.Deferred<Farewell>
  /** Bytes that its machine has acknowledged, and at how many looks with more to take they were the same. */
  taken: number
  same: number
}

/** Whether it had to be let go. */
const stalls = (reader: Reader, held: ReadonlyMap<string, number>): boolean => {
  const { writableLength, socket } = reader.response
  const waiting = writableLength + (held.get(`${socket?.localPort} ${socket?.remotePort}`) ?? 0)
  // Not what waits itself: keepalives add to it.
  const taken = (socket?.bytesWritten ?? 0) - waiting
  reader.same = waiting > 0 && taken === reader.taken ? reader.same + 1 : 0
  reader.taken = taken
  // Its own scope takes it off the list.
  if (reader.same === looks) reader.response.destroy()
  return reader.same === looks
}

/** Linux alone tells, in `tx_queue`: what was written and not acknowledged (proc_net_tcp.txt). Elsewhere nothing is held. */
async function ofKernel(): Promise<ReadonlyMap<string, number>> {
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].map((file) => readFile(file, "latin1").catch(() => ""))
  return heldIn((await Promise.all(tables)).join("\n"))
}

export const heldIn = (table: string): ReadonlyMap<string, number> => {
  const held = new Map<string, number>()
  for (const [, local = "", remote = "", bytes = ""] of table.matchAll(line)) {
    const ports = `${Number.parseInt(local, 16)} ${Number.parseInt(remote, 16)}`
    // Of two peers with the same port it is not known which is whose: the one that takes more.
    held.set(ports, Math.min(held.get(ports) ?? Infinity, Number.parseInt(bytes, 16)))
  }
  return held
}

/** `sl local_address:port rem_address:port st tx_queue:rx_queue …`, in hex. */
const line = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]{2} ([0-9A-F]{8}):/gm

/** The answer is ended by what writes it: ended behind its back, the next write would be an error that nobody hears. */
const letGo = ({ response, leave }: Reader, last: Farewell) => {
  Deferred.doneUnsafe(leave, Effect.succeed(last))
  // It may be the reader that never reads.
  response.socket?.setTimeout(1000, () => response.destroy())
}
