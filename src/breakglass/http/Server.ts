/** The server around the routes: headers on every response, one keepalive for all readers, a clean end. */
import { Duration, Effect, Layer } from "effect"
import { HttpIncomingMessage, HttpMiddleware, HttpRouter } from "effect/http"
import { HttpApiMiddleware } from "effect/http-api"
import { Api } from "../../contract/breakglass/Api.ts"
import { Auth } from "../../core/http/Auth.ts"
import { bodyLimit } from "../../core/http/bodyLimits.ts"
import { everyResponse } from "../../core/http/everyResponse.ts"
import { listener } from "../../core/http/listener.ts"
import { Subscribers } from "../../core/http/Subscribers.ts"
import { Journal } from "../../core/journal/Journal.ts"
import { LogRegistry } from "../../core/log/LogRegistry.ts"
import { repeatSafely } from "../../core/time/repeatSafely.ts"
import { Config } from "../config/Config.ts"
import { heartbeat } from "../ops/heartbeat.ts"
import { Draining } from "../ops/Probes.ts"
import { showObservations } from "../target/showObservations.ts"
import * as Handlers from "./handlers.ts"
import { page } from "./staticPage.ts"

const keepalives = Layer.effectDiscard(
  Effect.gen(function* () {
    const { keepalive } = yield* Config
    const logs = yield* LogRegistry
    yield* repeatSafely(Duration.seconds(keepalive), logs.keepalive)
  })
)

/** Built after the server, so released before it: readers are told and leave, and the server then has nothing to wait for. */
const drain = Layer.effectDiscard(
  Effect.gen(function* () {
    const draining = yield* Draining
    const logs = yield* LogRegistry
    const journal = yield* Journal
    yield* Effect.addFinalizer(() => {
      draining.now = true
      return Effect.andThen(journal.beginShutdown, logs.close)
    })
  })
)

export const layer = (options: { readonly demo: boolean }) => {
  const routes = Layer.mergeAll(Handlers.layer(options), page).pipe(
    Layer.provide(everyResponse(Api)),
    Layer.provide([Auth.middleware, HttpApiMiddleware.layerProblemDetails()])
  )
  return Layer.mergeAll(drain, keepalives, showObservations, heartbeat).pipe(
    Layer.provide(HttpRouter.serve(routes, { disableLogger: true, middleware: HttpMiddleware.compression() })),
    Layer.provide(Layer.succeed(HttpIncomingMessage.MaxBodySize, bodyLimit)),
    Layer.provide([Layer.unwrap(Effect.map(Config, listener)), Draining.layer, Subscribers.layer])
  )
}
