/** What an installation is monitored by: health, readiness, counts, and the contract in words. */
import { Context, Effect, Layer } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder, OpenApi } from "effect/http-api"
import { Api } from "../../contract/breakglass/Api.ts"
import { docs } from "../../core/http/apiDocs.ts"
import { Journal } from "../../core/journal/Journal.ts"
import * as Metrics from "./metrics.ts"
import { Subscribers } from "../../core/http/Subscribers.ts"
import { Session } from "../session/Session.ts"

/** Whether the server is on its way down. */
export class Draining extends Context.Service<Draining, { now: boolean }>()("breakglass/Draining") {
  static readonly layer = Layer.sync(Draining, () => Draining.of({ now: false }))
}

export const upkeep = HttpApiBuilder.group(
  Api,
  "upkeep",
  Effect.fnUntraced(function* (handlers) {
    const journal = yield* Journal
    const session = yield* Session
    const readers = yield* Subscribers
    const draining = yield* Draining
    yield* Metrics.startAtZero
    return handlers.handleAll({
      // Byte for byte what the probes of the previous system read. Nothing here can hang.
      health: () => Effect.succeed({ status: "ok", service: "claude-breakglass" } as const),
      ready: () =>
        Effect.flatMap(journal.writable, (writable) => {
          const ready = writable && !draining.now
          return ready ? Effect.succeed({ ready }) : Effect.fail({ ready })
        }),
      metrics: () =>
        Effect.gen(function* () {
          yield* Metrics.show({
            turns: yield* session.running,
            readers: yield* readers.count(),
            writable: yield* journal.writable
          })
          return yield* Metrics.exposition
        }),
      openapi: () => Effect.sync(() => HttpServerResponse.jsonUnsafe(OpenApi.fromApi(Api))),
      docs: () => Effect.sync(() => docs(OpenApi.fromApi(Api)))
    })
  })
)
