/**
 * The subscribers of all logs: the requests that read one. Each costs memory and a socket, so their number is limited. One is
 * evicted when it does not take what it was sent, when its machine is gone (which the kernel alone would notice after a
 * quarter of an hour), and when it would no longer be admitted. It comes back with Last-Event-ID and misses nothing.
 */
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Context, Deferred, Effect, Layer, type Scope } from "effect"
import type { HttpServerRequest } from "effect/http"
import { readFile } from "node:fs/promises"
import type { OutgoingMessage } from "node:http"
import { Auth } from "./Auth.ts"
import * as Metrics from "./metrics.ts"
import { repeatSafely } from "../time/repeatSafely.ts"

export const perLog = 32
export const inAll = 128
/** How long a subscriber may take nothing of what waits for it: this many checks, at this interval. */
const maxStalledChecks = 6
const interval = "5 seconds"

export class Subscribers extends Context.Service<
  Subscribers,
  {
    /**
     * Counts the request as a subscriber of this log until its response ends; one too many evicts the oldest. Returns an
     * effect that waits until this one is evicted, and gives what it is sent last.
     */
    readonly admit: (
      log: string,
      request: HttpServerRequest.HttpServerRequest
    ) => Effect.Effect<Effect.Effect<Farewell>, never, Scope.Scope>
    /** How many subscribers this log has now, or all logs together. */
    readonly count: (log?: string) => Effect.Effect<number>
    /** Waits until the next one subscribes to this log. */
    readonly comes: (log: string) => Effect.Effect<void>
  }
>()("breakglass/Subscribers") {
  /** `unacknowledged`: bytes that the kernel holds for a connection, by our port and its peer's. */
  static readonly over = (unacknowledged: Effect.Effect<ReadonlyMap<string, number>>) =>
    Layer.effect(
      Subscribers,
      Effect.gen(function* () {
        const { operator } = yield* Auth
        const readers = new Set<Reader>()
        const coming = new Map<string, Deferred.Deferred<void>>()
        const check = (held: ReadonlyMap<string, number>) =>
          Effect.fnUntraced(function* (reader: Reader) {
            if (stalls(reader, held)) return yield* Metrics.evicted("stalled")
            if (yield* Effect.isSuccess(operator(reader.request))) return
            readers.delete(reader)
            evict(reader, null)
            yield* Metrics.evicted("signed_out")
          })
        const checkAll = Effect.gen(function* () {
          if (readers.size === 0) return
          const held = yield* unacknowledged
          yield* Effect.forEach([...readers], check(held), { discard: true })
        })
        yield* repeatSafely(interval, checkAll)
        return Subscribers.of({
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
                for (const one of over) evict(one, "superseded")
                return { reader, over: over.length }
              }).pipe(Effect.flatMap(({ reader, over }) => Effect.as(Metrics.evicted("superseded", over), reader))),
              (reader) => Effect.sync(() => readers.delete(reader))
            ).pipe(Effect.map(({ leave }) => Deferred.await(leave)))
        })
      })
    )

  static readonly layer = Subscribers.over(Effect.promise(ofKernel))
}

/** What it is sent last: why it is evicted. null: nothing. */
type Farewell = "superseded" | null

interface Reader {
  readonly log: string
  readonly request: HttpServerRequest.HttpServerRequest
  readonly response: OutgoingMessage
  readonly leave: Deferred.Deferred<Farewell>
  /** Bytes that its machine has acknowledged, and at how many checks with more to take they were the same. */
  taken: number
  same: number
}

/** Whether it stalled, and was evicted. */
const stalls = (reader: Reader, held: ReadonlyMap<string, number>): boolean => {
  const { writableLength, socket } = reader.response
  const waiting = writableLength + (held.get(`${socket?.localPort} ${socket?.remotePort}`) ?? 0)
  // What waits is not compared: keepalives add to it.
  const taken = (socket?.bytesWritten ?? 0) - waiting
  reader.same = waiting > 0 && taken === reader.taken ? reader.same + 1 : 0
  reader.taken = taken
  // Its own scope removes it from the set.
  if (reader.same === maxStalledChecks) reader.response.destroy()
  return reader.same === maxStalledChecks
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
    // Two peers may have the same port: the smaller number counts, so that neither is evicted for the other.
    held.set(ports, Math.min(held.get(ports) ?? Infinity, Number.parseInt(bytes, 16)))
  }
  return held
}

/** `sl local_address:port rem_address:port st tx_queue:rx_queue …`, in hex. */
const line = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]{2} ([0-9A-F]{8}):/gm

/** The stream that writes the response ends it: if it were ended here, the next write would fail unheard. */
const evict = ({ response, leave }: Reader, last: Farewell) => {
  Deferred.doneUnsafe(leave, Effect.succeed(last))
  // The subscriber may never read again.
  response.socket?.setTimeout(1000, () => response.destroy())
}
