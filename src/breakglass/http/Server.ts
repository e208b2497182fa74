/** What is around the routes: headers on every answer, one keepalive for all readers, a clean drain. */
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Cause, Duration, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import {
  HttpEffect,
  HttpIncomingMessage,
  HttpMiddleware,
  HttpRouter,
  type HttpServerRequest,
  HttpServerResponse
} from "effect/http"
import { HttpApiMiddleware } from "effect/http-api"
import { Auth } from "../../core/http/Auth.ts"
import { bodyLimit, unread } from "../../core/http/bodyLimits.ts"
import { Config } from "../config/Config.ts"
import * as Http from "./handlers.ts"
import { heartbeat } from "../ops/heartbeat.ts"
import { Journal } from "../../core/journal/Journal.ts"
import { listener } from "../../core/http/listener.ts"
import { onlyTaken } from "../../core/http/methodGuard.ts"
import { page } from "./staticPage.ts"
import { Readers } from "../../core/http/Subscribers.ts"
import { Session } from "../session/Session.ts"
import { tended } from "../../core/time/repeatSafely.ts"
import { Draining } from "../ops/Probes.ts"
import { showObservations } from "../target/showObservations.ts"
import { Targets } from "../target/Targets.ts"

/** Every answer, of every kind, carries these. No file of ours needs more, and nothing an agent prints can get more. */
const securityHeaders = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'"
  ].join("; "),
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()"
} as const

const everyAnswer = HttpRouter.middleware(
  Effect.map(
    onlyTaken,
    (asked) => (answer) =>
      Effect.andThen(
        HttpEffect.appendPreResponseHandler((request, response) =>
          Effect.succeed(
            HttpServerResponse.setHeaders(lastWord(request, explained(response)), {
              ...securityHeaders,
              ...last(response)
            })
          )
        ),
        Effect.catchCauseIf(asked(answer), Cause.hasDies, failed)
      )
  ),
  { global: true }
)

/** A stream is the last on its connection: one that is let go and reads no more would hold it for as long as an idle one. */
const last = ({ headers }: HttpServerResponse.HttpServerResponse) =>
  headers["content-type"]?.startsWith("text/event-stream") === true ? { connection: "close" } : {}

/** What happened is for the log alone; the client is told where in it. */
const failed = Effect.fnUntraced(function* (cause: Cause.Cause<unknown>) {
  const refusal = unread(cause)
  if (refusal !== null) return refusal
  const instance = `urn:uuid:${SecureRandom.uuidV4Unsafe()}`
  yield* Effect.logError(`A request failed: ${instance}`, cause)
  return problem(500, { instance })
})

/** The router's own refusals have no body or a bare one; a client reads `detail` of every error. */
const explained = (response: HttpServerResponse.HttpServerResponse) => {
  const { status, headers } = response
  if (status < 400 || headers["content-type"]?.includes("json") === true) return response
  const kept = ["allow", "connection"].flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]]))
  return problem(status, {}, Object.fromEntries(kept))
}

/** Refused with its body still on the way: nobody waits for the rest of it. */
const lastWord = (request: HttpServerRequest.HttpServerRequest, response: HttpServerResponse.HttpServerResponse) => {
  const { complete, headers } = NodeHttpServerRequest.toIncomingMessage(request)
  const coming = !complete && (Number(headers["content-length"] ?? 0) > 0 || headers["transfer-encoding"] !== undefined)
  return response.status >= 400 && coming ? HttpServerResponse.setHeader(response, "connection", "close") : response
}

const problem = (
  status: number,
  more: Readonly<Record<string, string>>,
  headers?: Readonly<Record<string, string>>
) => {
  const [title, detail] = words.get(status) ?? ["Error", "The request was refused."]
  return HttpServerResponse.jsonUnsafe(
    { type: "about:blank", title, status, detail, ...more },
    { status, contentType: "application/problem+json", headers }
  )
}

const words: ReadonlyMap<number, readonly [string, string]> = new Map([
  [400, ["Bad Request", "The request could not be read. Nothing was done."]],
  [404, ["Not Found", "There is nothing at this address."]],
  [405, ["Method Not Allowed", "This address does not take that method. Nothing was done."]],
  [413, ["Content Too Large", "The body is too large. Nothing was done."]],
  [415, ["Unsupported Media Type", "The body must be application/json, and not compressed. Nothing was done."]],
  [500, ["Internal Server Error", "The server failed inside this request; its log has the cause, under this instance."]]
])

const keepalives = Layer.effectDiscard(
  Effect.gen(function* () {
    const { keepalive } = yield* Config
    const session = yield* Session
    const { all } = yield* Targets
    const beat = Effect.all([session.keepalive, ...all.map(({ power }) => power.keepalive)])
    yield* tended(Duration.seconds(keepalive), beat)
  })
)

/** Built after the server, so undone before it: readers are told and leave, and the server then has nothing to wait for. */
const drain = Layer.effectDiscard(
  Effect.gen(function* () {
    const draining = yield* Draining
    const session = yield* Session
    const { all } = yield* Targets
    const journal = yield* Journal
    yield* Effect.addFinalizer(() => {
      draining.now = true
      return Effect.all([journal.leave, session.close, ...all.map(({ power }) => power.close)], { discard: true })
    })
  })
)

export const layer = (options: { readonly demo: boolean }) => {
  const routes = Layer.mergeAll(Http.layer(options), page).pipe(
    Layer.provide(everyAnswer),
    Layer.provide([Auth.middleware, HttpApiMiddleware.layerProblemDetails()])
  )
  return Layer.mergeAll(drain, keepalives, showObservations, heartbeat).pipe(
    Layer.provide(HttpRouter.serve(routes, { disableLogger: true, middleware: HttpMiddleware.compression() })),
    Layer.provide(Layer.succeed(HttpIncomingMessage.MaxBodySize, bodyLimit)),
    Layer.provide([Layer.unwrap(Effect.map(Config, listener)), Draining.layer, Readers.layer])
  )
}
