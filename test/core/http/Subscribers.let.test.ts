/** A reader let go while what writes to it goes on: over a real connection whose buffers are full. */
import { NodeHttpServer, NodeHttpServerRequest } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createServer, type ServerResponse } from "node:http"
import { setImmediate as turn } from "node:timers/promises"
import { type AddressInfo, connect } from "node:net"
import { Auth } from "../../../src/core/http/Auth.ts"
import { perLog, Subscribers } from "../../../src/core/http/Subscribers.ts"
import { follow, log, sent, text, upTo } from "../../support/journal/journals.ts"

const anybody = Layer.mock(Auth, { operator: () => Effect.succeed({ name: "anybody" }) })

describe("a reader whose connection is full", () => {
  it.live("SUB-04 is let go without an error, though the log goes on, and its answer is released", () =>
    Effect.gen(function* () {
      const own = yield* log
      const readers = yield* Subscribers
      const answers: Array<ServerResponse> = []
      const faults: Array<string> = []
      const stream = Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const answer = NodeHttpServerRequest.toServerResponse(request) as ServerResponse
        answers.push(answer.on("error", ({ message }) => faults.push(message)))
        const evicted = yield* readers.admit("log", request)
        return HttpServerResponse.stream(sent(own.attach(follow(null), evicted)))
      })
      const server = createServer()
      yield* Layer.build(
        HttpRouter.serve(HttpRouter.add("GET", "/", stream), { disableLogger: true, disableListenLog: true }).pipe(
          Layer.provide(NodeHttpServer.layer(() => server, { port: 0, host: "127.0.0.1" }))
        )
      )
      const { port } = server.address() as AddressInfo
      const client = connect(port, "127.0.0.1", () => client.pause().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
      yield* Effect.addFinalizer(() => Effect.sync(() => client.destroy()))
      yield* waitUntil(() => answers.length === 1)
      const [first] = answers
      // So much that some of it waits in this process, and so little that more may be written at once.
      while (first?.writableLength === 0) {
        yield* own.append([text("x".repeat(15_000))])
        yield* Effect.promise(() => turn())
      }
      assert.isFalse(first?.writableNeedDrain)
      const others = new AbortController()
      yield* Effect.addFinalizer(() => Effect.sync(() => others.abort()))
      const attached = Effect.promise(() => fetch(`http://127.0.0.1:${port}/`, { signal: others.signal }))
      // Held: one whose answer is collected as garbage is closed, and is no reader any more.
      const held = []
      for (const _ of upTo(perLog)) held.push(yield* attached)
      yield* own.append([text("after it was let go")])
      yield* waitUntil(() => first?.closed === true)
      assert.deepStrictEqual(faults, [])
      assert.lengthOf(held, perLog)
      assert.strictEqual(yield* readers.count("log"), perLog)
    }).pipe(Effect.scoped, Effect.provide(Subscribers.layer.pipe(Layer.provide(anybody))))
  )
})

const waitUntil = (fact: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (fact() ? Effect.void : Effect.andThen(Effect.sleep("10 millis"), waitUntil(fact))))
