/**
 * What a request may bring along. What says of itself that it is too much is refused before a byte of it is read; what
 * turns out to be is read no further. Either way the connection is given up: its rest is nobody's request.
 */
import { ByteSize, Cause, Effect, Result } from "effect"
import { HttpServerError, type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { Headers } from "./admit.ts"

/** The prompt's limit, with room for its JSON escapes. */
export const bodyLimit = ByteSize.kibibytes(512)

/** The refusal of a body, by its headers; null when it may be read. */
export const unwelcome = (headers: Headers): HttpServerResponse.HttpServerResponse | null => {
  // Unpacked, a small body has any size.
  const encoding = headers.get("content-encoding")
  if (encoding !== null && encoding.toLowerCase() !== "identity") return refused(415)
  return Number(headers.get("content-length") ?? 0) > Number(bodyLimit) ? refused(413) : null
}

/** The request, its text as it was sent or not at all: the decoder it comes with would mend bytes that are no UTF-8. */
export const asSent = (request: HttpServerRequest.HttpServerRequest): HttpServerRequest.HttpServerRequest =>
  Object.create(request, {
    text: {
      value: Effect.flatMap(request.arrayBuffer, (bytes) =>
        Effect.try({
          try: () => utf8.decode(bytes),
          catch: (cause) =>
            new HttpServerError.HttpServerError({ reason: new HttpServerError.RequestParseError({ request, cause }) })
        })
      )
    }
  })

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** The refusal of a body that was being read; null when that is not what failed. */
export const unread = (cause: Cause.Cause<unknown>): HttpServerResponse.HttpServerResponse | null => {
  const defect = Result.getOrElse(Cause.findDefect(cause), () => null)
  if (!HttpServerError.isHttpServerError(defect) || defect.reason._tag !== "RequestParseError") return null
  return refused(defect.reason.reason === "BodyTooLarge" ? 413 : 400)
}

const refused = (status: number) => HttpServerResponse.empty({ status, headers: { connection: "close" } })
