/**
 * Refuses what no route of an Api takes, before the router sees it. The router would answer "not found" to a method that an
 * address does not take; an operator is told which methods it takes. A caller who is not admitted learns nothing: 401 first.
 */
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Effect } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import type { Socket } from "node:net"
import { RequireOperator } from "../../contract/Operator.ts"
import { Headers } from "./authenticate.ts"
import { Auth } from "./Auth.ts"
import { bodyLimit, rejectByHeaders, strangersLimit, strangersPatience, strictUtf8, tooSlow } from "./bodyLimits.ts"

/** The part of an `HttpApi` that is read here. */
export interface Routes {
  readonly groups: Readonly<Record<string, { readonly endpoints: Readonly<Record<string, Endpoint>> }>>
}
interface Endpoint {
  readonly method: string
  readonly path: string
  readonly middlewares: ReadonlySet<unknown>
}

/** Around the router: answers requests that no route may be asked. */
export const methodGuard = (api: Routes) => {
  const methodsAt = addressBook(api)
  /** Connections that are given up: what follows an ambiguous request may have been read differently by a proxy. */
  const poisonedSockets = new WeakSet<Socket>()
  return Effect.map(
    Auth,
    ({ operator }) =>
      <E, R>(route: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
        Effect.gen(function* () {
          const request = yield* HttpServerRequest.HttpServerRequest
          const { rawHeaders, url = "", socket } = NodeHttpServerRequest.toIncomingMessage(request)
          const headers = new Headers(rawHeaders)
          if (isAmbiguous(url, headers)) poisonedSockets.add(socket)
          if (poisonedSockets.has(socket)) return badRequest
          const known = methodsAt(request.url.replace(/\?.*$/s, ""))
          const isOpen = known?.guarded === false
          const limit = isOpen ? strangersLimit : bodyLimit
          const refusal = rejectByHeaders(headers, limit)
          if (refusal !== null) return refusal
          const overridden = overrideHeaders.some((name) => headers.count(name) > 0)
          if (known !== null && (overridden || !known.methods.includes(request.method))) {
            if (known.guarded) yield* operator(request)
            return methodNotAllowed(known.methods)
          }
          const strict = strictUtf8(request, limit)
          const answer = Effect.provideService(route, HttpServerRequest.HttpServerRequest, strict)
          if (!isOpen) return yield* answer
          const orElse = () => Effect.succeed(tooSlow())
          return yield* Effect.timeoutOrElse(answer, { duration: strangersPatience, orElse })
        })
  )
}

/** For a path: the methods that its routes take, and whether they need an operator; null when no route has it. */
const addressBook = (api: Routes) => {
  const endpoints = Object.values(api.groups)
    .flatMap((group) => Object.values(group.endpoints))
    .map(({ method, path, middlewares }) => ({
      methods: method === "GET" ? ["GET", "HEAD"] : [method],
      path: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/:\w+/g, "[^/]+")}$`),
      guarded: middlewares.has(RequireOperator)
    }))
  return (path: string) => {
    const here = endpoints.filter((endpoint) => endpoint.path.test(path))
    if (here.length === 0) return null
    return {
      methods: [...new Set(here.flatMap(({ methods }) => methods))].sort(),
      guarded: here.some(({ guarded }) => guarded)
    }
  }
}

/** Each asks for another method than the one that was checked. */
const overrideHeaders = ["x-http-method-override", "x-http-method", "x-method-override"]

/** What a proxy in front may have read differently: another host, another end of the body, or no HTTP/1.1 after it. */
const isAmbiguous = (url: string, headers: Headers): boolean =>
  !url.startsWith("/") ||
  headers.count("host") > 1 ||
  headers.count("transfer-encoding") > 1 ||
  headers.get("upgrade") !== null ||
  (headers.get("transfer-encoding") ?? "chunked").toLowerCase() !== "chunked"

const badRequest = HttpServerResponse.empty({ status: 400, headers: { connection: "close" } })
const methodNotAllowed = (methods: ReadonlyArray<string>) =>
  HttpServerResponse.empty({ status: 405, headers: { allow: methods.join(", ") } })
