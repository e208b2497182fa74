/**
 * What an address takes, read off the contract. The router would say "not found" of a method it does not know there; a
 * client that may ask at all is told which ones there are. Whoever may not learns nothing: 401 comes first.
 */
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Effect } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import type { Socket } from "node:net"
import * as Contract from "../../contract/breakglass/Api.ts"
import { Headers } from "./authenticate.ts"
import { Auth } from "./Auth.ts"
import { asSent, bodyLimit, strangersLimit, strangersPatience, tooSlow, unwelcome } from "./bodyLimits.ts"

const endpoints = Object.values(Contract.Api.groups)
  .flatMap((group) => Object.values(group.endpoints))
  .map(({ method, path, middlewares }) => ({
    methods: method === "GET" ? ["GET", "HEAD"] : [method],
    path: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/:\w+/g, "[^/]+")}$`),
    guarded: middlewares.has(Contract.Auth)
  }))

/** The methods of an address, and whether they need an operator; null when no route has it. */
const taken = (path: string) => {
  const here = endpoints.filter((endpoint) => endpoint.path.test(path))
  if (here.length === 0) return null
  return {
    methods: [...new Set(here.flatMap(({ methods }) => methods))].sort(),
    guarded: here.some(({ guarded }) => guarded)
  }
}

/** Around the router: answers by itself what no route may be asked. */
export const onlyTaken = Effect.map(
  Auth,
  ({ operator }) =>
    <E, R>(answer: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const { rawHeaders, url = "", socket } = NodeHttpServerRequest.toIncomingMessage(request)
        const headers = new Headers(rawHeaders)
        if (ambiguous(url, headers)) lost.add(socket)
        if (lost.has(socket)) return unclear
        const known = taken(request.url.replace(/\?.*$/s, ""))
        const open = known?.guarded === false
        const refusal = unwelcome(headers, open ? strangersLimit : bodyLimit)
        if (refusal !== null) return refusal
        const overridden = overrides.some((name) => headers.count(name) > 0)
        if (known === null || (known.methods.includes(request.method) && !overridden)) {
          const sent = asSent(request, open ? strangersLimit : bodyLimit)
          const asked = Effect.provideService(answer, HttpServerRequest.HttpServerRequest, sent)
          if (!open) return yield* asked
          return yield* Effect.timeoutOrElse(asked, {
            duration: strangersPatience,
            orElse: () => Effect.succeed(tooSlow())
          })
        }
        if (known.guarded) yield* operator(request)
        return refused(known.methods)
      })
)

/** Asks for another method than the one that was checked. */
const overrides = ["x-http-method-override", "x-http-method", "x-method-override"]

/** What a proxy in front may have read otherwise: another host, another end of the body, or no HTTP/1.1 from here on. */
const ambiguous = (url: string, headers: Headers): boolean =>
  !url.startsWith("/") ||
  headers.count("host") > 1 ||
  headers.count("transfer-encoding") > 1 ||
  headers.get("upgrade") !== null ||
  (headers.get("transfer-encoding") ?? "chunked").toLowerCase() !== "chunked"

/** Connections that are given up: what stands behind such a request may have been read, and is nobody's word. */
const lost = new WeakSet<Socket>()

const unclear = HttpServerResponse.empty({ status: 400, headers: { connection: "close" } })
const refused = (methods: ReadonlyArray<string>) =>
  HttpServerResponse.empty({ status: 405, headers: { allow: methods.join(", ") } })
