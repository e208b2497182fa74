/**
 * Fail closed: without a bearer token, a proven edge or a login there is no operator, and with nothing configured there is
 * nobody. Secrets are compared by digest, in constant time, here and nowhere else.
 */
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Clock, Context, Effect, Layer, Option, Redacted } from "effect"
import { HttpEffect, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import { TooManyAttempts, Unauthenticated } from "../../contract/Problem.ts"
import { Operator, RequireOperator } from "../../contract/Operator.ts"
import {
  authenticate,
  type AuthSettings,
  type Facts,
  Headers,
  refuseCrossSiteChange,
  type Refusal,
  type Secrets,
  refuseCrossSite,
  wrongCredential
} from "./authenticate.ts"
import { cookieLife } from "./cookie.ts"
import * as Metrics from "./metrics.ts"
import { isOwn } from "../settings/ownAddresses.ts"
import { monotonic } from "../time/monotonic.ts"
import { admitted as admittedOn } from "./strangers.ts"
import { repeatSafely } from "../time/repeatSafely.ts"
import { make as makeFailedSignIns } from "./failedSignIns.ts"

export class Auth extends Context.Service<
  Auth,
  {
    /** Who sent this request. */
    readonly operator: (
      request: HttpServerRequest.HttpServerRequest
    ) => Effect.Effect<{ readonly name: string }, Refusal>
    /** The cookie's value for a browser that showed the token. */
    readonly login: (request: HttpServerRequest.HttpServerRequest, token: string) => Effect.Effect<string, Refusal>
    /** Until this server ends, the cookies of this request are refused, from whatever browser they come. */
    readonly logout: (request: HttpServerRequest.HttpServerRequest) => Effect.Effect<void>
  }
>()("breakglass/Auth") {
  static readonly layer = (settings: AuthSettings) => Layer.effect(Auth, make(settings))

  /** For the demo, which holds no key: everybody who can reach it is its operator. It listens on loopback only. */
  static readonly layerDemo = Layer.succeed(
    Auth,
    Auth.of({
      operator: Effect.fnUntraced(function* (request) {
        const { method, rawHeaders } = facts(request)
        const refusal = refuseCrossSite(method, new Headers(rawHeaders), { publicOrigin: null, directUrl: null })
        if (refusal !== null) return yield* refusal
        markAdmitted(request)
        return { name: "demo" }
      }),
      login: () => Effect.fail(wrongToken),
      logout: () => Effect.void
    })
  )

  /** The contract's middleware: every route that declares it is refused or knows its operator. */
  static readonly middleware = Layer.effect(
    RequireOperator,
    Effect.map(
      Auth,
      ({ operator }) =>
        (handler) =>
          Effect.gen(function* () {
            const request = yield* HttpServerRequest.HttpServerRequest
            return yield* Effect.provideService(handler, Operator, yield* operator(request))
          })
    )
  )
}

const make = Effect.fnUntraced(function* (settings: AuthSettings) {
  const token = settings.token === null ? null : Redacted.value(settings.token)
  const edge = settings.edgeSecret === null ? null : Redacted.value(settings.edgeSecret)
  // Setting the clock must sign nobody out, and keep nobody signed in.
  const began = (yield* Clock.currentTimeMillis) - (yield* monotonic)
  const time = Effect.map(monotonic, (passed) => began + passed)
  const signedOut = new Set<string>()
  // No two logins share a cookie: one of them may be signed out.
  let latest = 0
  const secrets = (now: number): Secrets => ({
    token: (given) => token !== null && same(given, token),
    edge: (given) => edge !== null && same(given, edge),
    cookie: (given) => token !== null && !signedOut.has(given) && valid(given, token, now)
  })
  if (token === null && edge === null && settings.trustedProxies.length === 0) {
    yield* Effect.logWarning(
      "Nobody can sign in: set API_BEARER_TOKEN, or BREAKGLASS_EDGE_SECRET and/or BREAKGLASS_TRUSTED_PROXIES"
    )
  }
  const wrong = yield* refusingWrong
  return Auth.of({
    operator: Effect.fnUntraced(function* (request) {
      const asked = facts(request)
      const admitted = authenticate(asked, settings, secrets(yield* time))
      if (admitted === wrongCredential) return yield* wrong(request, asked.peer, wrongCredential)
      if (!("via" in admitted)) return yield* admitted
      markAdmitted(request)
      return admitted
    }, counted),
    login: Effect.fnUntraced(function* (request, given) {
      const asked = facts(request)
      const refusal = refuseCrossSiteChange(new Headers(asked.rawHeaders), settings)
      if (refusal !== null) return yield* refusal
      if (token === null || !same(given, token)) return yield* wrong(request, asked.peer, wrongToken)
      markAdmitted(request)
      const expires = Math.max((yield* time) + cookieLife * 1000, latest + 1)
      latest = expires
      return `${expires}.${sign(expires, token)}`
    }, counted),
    logout: Effect.fnUntraced(function* (request) {
      const now = yield* time
      for (const cookie of signedOut) if (Number.parseInt(cookie) <= now) signedOut.delete(cookie)
      const { cookie } = secrets(now)
      for (const sent of new Headers(facts(request).rawHeaders).cookies()) if (cookie(sent)) signedOut.add(sent)
    })
  })
})

/** Refuses a wrong credential, and counts it: 429 once one address sent too many. What was counted is logged once a minute. */
const refusingWrong = Effect.gen(function* () {
  const failed = makeFailedSignIns()
  const logged = (line: string | null) => (line === null ? Effect.void : Effect.logWarning(line))
  yield* repeatSafely(
    "1 minute",
    Effect.flatMap(monotonic, (now) => logged(failed.rest(now)))
  )
  return Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest, peer: string, otherwise: Refusal) {
    const { wait, line } = failed.seen(peer, yield* monotonic)
    yield* logged(line)
    if (wait === null) return yield* otherwise
    yield* HttpEffect.appendPreResponseHandler((_request, response) =>
      Effect.succeed(HttpServerResponse.setHeader(response, "retry-after", String(wait)))
    ).pipe(Effect.provideService(HttpServerRequest.HttpServerRequest, request))
    return yield* tooMany
  })
})

const counted = <A>(asked: Effect.Effect<A, Refusal>) => Effect.tapError(asked, ({ _tag }) => Metrics.refused(_tag))

const markAdmitted = (request: HttpServerRequest.HttpServerRequest) =>
  admittedOn(NodeHttpServerRequest.toIncomingMessage(request).socket)

const facts = (request: HttpServerRequest.HttpServerRequest): Facts => {
  const { rawHeaders, socket } = NodeHttpServerRequest.toIncomingMessage(request)
  const address = socket.localAddress?.replace(/^::ffff:/, "") ?? ""
  const peer = Option.getOrElse(request.peerAddress, () => "")
  return {
    method: request.method,
    rawHeaders,
    peer,
    isOwn: () => isOwn(peer),
    local: `${address.includes(":") ? `[${address}]` : address}:${socket.localPort}`
  }
}

const digest = (text: string) => createHash("sha256").update(text).digest()
const same = (given: string, secret: string): boolean => timingSafeEqual(digest(given), digest(secret))

/** The signature is made with the token, so that a new token ends every login. */
const sign = (expires: number, token: string): string =>
  createHmac("sha256", digest(`login ${token}`))
    .update(String(expires))
    .digest("base64url")

const valid = (cookie: string, token: string, now: number): boolean => {
  const [, expires = "0", signature = ""] = /^([1-9][0-9]{0,14})\.([A-Za-z0-9_-]{43})$/.exec(cookie) ?? []
  return Number(expires) > now && same(signature, sign(Number(expires), token))
}

const tooMany = new TooManyAttempts({
  detail: "Too many wrong credentials came from this address. Nothing was done. The right one is taken at any time."
})
const wrongToken = new Unauthenticated({ detail: "That is not the token. Nobody was signed in." })
