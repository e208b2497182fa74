/**
 * How large a request's body may be. One whose headers announce too much is refused before a byte of it is read; one that
 * turns out too large is read no further. Either way the connection is closed: the rest of the body is no request.
 */
import { ByteSize, Cause, Effect, Result } from "effect"
import { HttpIncomingMessage, HttpServerError, type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { Headers } from "./authenticate.ts"

/** 64 KiB, which a prompt may have, with room for its JSON escapes. */
export const bodyLimit = ByteSize.kibibytes(512)

/** What a caller who is not admitted yet may send, and for how long: a token, with room to spare. */
export const strangersLimit = ByteSize.kibibytes(4)
export const strangersPatience = "10 seconds"

/** The refusal of a body, by the request's headers; null when it may be read. */
export const rejectByHeaders = (headers: Headers, limit = bodyLimit): HttpServerResponse.HttpServerResponse | null => {
  // A small compressed body can unpack to any size.
  const encoding = headers.get("content-encoding")
  if (encoding !== null && encoding.toLowerCase() !== "identity") return refused(415)
  return Number(headers.get("content-length") ?? 0) > Number(limit) ? refused(413) : null
}

/** The request with a strict decoder: the one it comes with would replace bytes that are no UTF-8. */
export const strictUtf8 = (
  request: HttpServerRequest.HttpServerRequest,
  limit: ByteSize.ByteSize
): HttpServerRequest.HttpServerRequest =>
  Object.create(request, {
    text: {
      value: Effect.flatMap(
        Effect.provideService(request.arrayBuffer, HttpIncomingMessage.MaxBodySize, limit),
        (bytes) =>
          Effect.try({
            try: () => shallow(utf8.decode(bytes)),
            catch: (cause) =>
              new HttpServerError.HttpServerError({ reason: new HttpServerError.RequestParseError({ request, cause }) })
          })
      )
    }
  })

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** No body of the contract nests or has many members. One that does could take half a second to parse while buttons wait. */
const shallow = (text: string): string => {
  let [depth, commas, quoted] = [0, 0, false]
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    if (quoted && sign === "\\") at++
    else if (sign === '"') quoted = !quoted
    else if (!quoted && (sign === "{" || sign === "[")) depth++
    else if (!quoted && (sign === "}" || sign === "]")) depth--
    else if (!quoted && sign === ",") commas++
    if (depth > 8 || commas > 256) throw new SyntaxError("a body that nests, or has many members")
  }
  return text
}

/** Rarely received: the connection that was being read is closed. */
export const tooSlow = (): HttpServerResponse.HttpServerResponse => refused(408)

/** The refusal of a body that could not be read; null when something else failed. */
export const bodyFailure = (cause: Cause.Cause<unknown>): HttpServerResponse.HttpServerResponse | null => {
  const defect = Result.getOrElse(Cause.findDefect(cause), () => null)
  if (!HttpServerError.isHttpServerError(defect) || defect.reason._tag !== "RequestParseError") return null
  return refused(defect.reason.reason === "BodyTooLarge" ? 413 : 400)
}

const refused = (status: number) => HttpServerResponse.empty({ status, headers: { connection: "close" } })
