/** Errors that no route declares, as RFC 9457 problems: the router's own refusals, and defects. */
import { type Cause, Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import { HttpServerResponse } from "effect/http"
import { bodyFailure } from "./bodyLimits.ts"

/** The log alone says what failed; the client is told under which instance the log has it. */
export const onDefect = Effect.fnUntraced(function* (cause: Cause.Cause<unknown>) {
  const refusal = bodyFailure(cause)
  if (refusal !== null) return refusal
  const instance = `urn:uuid:${SecureRandom.uuidV4Unsafe()}`
  yield* Effect.logError(`A request failed: ${instance}`, cause)
  return problem(500, { instance })
})

/** The router refuses with no body or a bare one, but a client reads `detail` of every error. */
export const withProblemBody = (response: HttpServerResponse.HttpServerResponse) => {
  const { status, headers } = response
  if (status < 400 || headers["content-type"]?.includes("json") === true) return response
  const kept = ["allow", "connection"].flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]]))
  return problem(status, {}, Object.fromEntries(kept))
}

const problem = (
  status: number,
  more: Readonly<Record<string, string>>,
  headers?: Readonly<Record<string, string>>
) => {
  const [title, detail] = statusTexts.get(status) ?? ["Error", "The request was refused."]
  return HttpServerResponse.jsonUnsafe(
    { type: "about:blank", title, status, detail, ...more },
    { status, contentType: "application/problem+json", headers }
  )
}

/** Title and detail by status. */
const statusTexts: ReadonlyMap<number, readonly [string, string]> = new Map([
  [400, ["Bad Request", "The request could not be read. Nothing was done."]],
  [404, ["Not Found", "There is nothing at this address."]],
  [405, ["Method Not Allowed", "This address does not take that method. Nothing was done."]],
  [413, ["Content Too Large", "The body is too large. Nothing was done."]],
  [415, ["Unsupported Media Type", "The body must be application/json, and not compressed. Nothing was done."]],
  [500, ["Internal Server Error", "The server failed inside this request; its log has the cause, under this instance."]]
])
