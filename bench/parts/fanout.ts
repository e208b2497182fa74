/** Run by stream.ts: one event to many readers, by our log and HTTP, or by a bare node:http that just writes. */
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer, Stream } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Event } from "../../src/contract/Event.ts"
import * as EventLog from "../../src/core/log/EventLog.ts"
import { journalWorker } from "../../src/breakglass/root.ts"
import { frames } from "../../src/core/log/sse.ts"
import { stateless } from "../../src/core/log/Projection.ts"
import * as Journal from "../../src/core/journal/Journal.ts"

/** What it is told, and what it answers. */
export type Told = { readonly emit: number; readonly burst: number } | "usage"
export type Said = { readonly port: number } | { readonly cpu: number; readonly resident: number } | "emitted"

const say = (said: Said) => process.send?.(said)
const headers = { "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" }
const text = "x".repeat(116)
const turn = Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))

const server = createServer()
server.on("listening", () => say({ port: (server.address() as AddressInfo).port }))

const listen = (emit: (count: number, burst: number) => Promise<void>) =>
  process.on("message", (told: Told) => {
    if (told !== "usage") return void emit(told.emit, told.burst).then(() => say("emitted"))
    const { user, system } = process.cpuUsage()
    say({ cpu: user + system, resident: process.memoryUsage.rss() })
  })

const bare = () => {
  const readers = new Set<ServerResponse>()
  server.on("request", (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream", ...headers })
    response.write("event: caught-up\ndata: {}\n\n")
    readers.add(response)
    response.on("close", () => readers.delete(response))
  })
  let id = 0
  const one = () => {
    const json = JSON.stringify({ kind: "text", text, at: new Date().toISOString(), id })
    const bytes = Buffer.from(`id: ${id}\ndata: ${json}\n\n`)
    id += 1
    for (const response of readers) response.write(bytes)
  }
  listen(async (count, burst) => {
    for (let sent = 0; sent < count; sent += burst) {
      for (let at = 0; at < burst; at++) one()
      await Effect.runPromise(turn)
    }
  })
  server.listen(0, "127.0.0.1")
}

const ours = Effect.gen(function* () {
  const directory = mkdtempSync(join(tmpdir(), "breakglass-bench-"))
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(directory, { recursive: true, force: true })))
  const journal = yield* Journal.make({ directory, quota: { session: 2 ** 40, total: 2 ** 40 }, worker: journalWorker })
  const start = { last: { id: null, at: null }, projected: null }
  const projection = stateless<Event>(journal, "bench")
  const log = yield* EventLog.make(journal, "bench", projection, start, (value) => ({ value, count: 0 }))
  const emitting = Effect.fnUntraced(function* (count: number, burst: number) {
    const events = Array.from({ length: burst }, () => ({ kind: "text", text }) as const)
    for (let sent = 0; sent < count; sent += burst) {
      yield* Effect.orDie(log.append(events))
      yield* turn
    }
  })
  listen((count, burst) => Effect.runPromise(emitting(count, burst)))
  const stream = Effect.sync(() =>
    HttpServerResponse.stream(Stream.map(log.attach({ after: null, follow: true }), frames), {
      contentType: "text/event-stream",
      headers
    })
  )
  return yield* Layer.launch(
    HttpRouter.serve(HttpRouter.add("GET", "/", stream), { disableLogger: true, disableListenLog: true }).pipe(
      Layer.provide(NodeHttpServer.layer(() => server, { port: 0, host: "127.0.0.1" }))
    )
  )
})

// Imported for its types it does nothing.
if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  process.on("disconnect", () => process.exit())
  if (process.argv[2] === "bare") bare()
  else Effect.runFork(Effect.scoped(ours))
}
