/** What applies to every response, of every route and of none: the guard, problem bodies, security headers. */
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Cause, Effect } from "effect"
import { HttpEffect, HttpRouter, type HttpServerRequest, HttpServerResponse } from "effect/http"
import { methodGuard, type Routes } from "./methodGuard.ts"
import { onDefect, withProblemBody } from "./problems.ts"
import { securityHeaders } from "./securityHeaders.ts"

export const everyResponse = (api: Routes) =>
  HttpRouter.middleware(
    Effect.map(
      methodGuard(api),
      (guard) => (route) =>
        Effect.andThen(
          HttpEffect.appendPreResponseHandler((request, response) => Effect.succeed(finished(request, response))),
          Effect.catchCauseIf(guard(route), Cause.hasDies, onDefect)
        )
    ),
    { global: true }
  )

const finished = (request: HttpServerRequest.HttpServerRequest, response: HttpServerResponse.HttpServerResponse) =>
  HttpServerResponse.setHeaders(withProblemBody(response), {
    ...securityHeaders,
    ...(isLast(request, response) ? { connection: "close" } : {})
  })

/**
 * Whether no other response follows on this connection. A stream is the last: a reader that was evicted and reads no more
 * would hold the connection for as long as an idle one. So is a refusal whose body is still on its way: nobody reads the rest.
 */
const isLast = (
  request: HttpServerRequest.HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse
): boolean => {
  if (response.headers["content-type"]?.startsWith("text/event-stream") === true) return true
  const { complete, headers } = NodeHttpServerRequest.toIncomingMessage(request)
  const coming = !complete && (Number(headers["content-length"] ?? 0) > 0 || headers["transfer-encoding"] !== undefined)
  return response.status >= 400 && coming
}
