/**
 * What a request may bring along. What says of itself that it is too much is refused before a byte of it is read; what
 * turns out to be is read no further. Either way the connection is given up: its rest is nobody's request.
 */
import { ByteSize, Cause, Effect, Result } from "effect"
import { HttpIncomingMessage, HttpServerError, type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { Headers } from "./authenticate.ts"

/** The prompt's limit, with room for its JSON escapes. */
export const bodyLimit = ByteSize.kibibytes(512)

/** What somebody may send who is not known yet: a token, with room to spare. And for how long. */
export const strangersLimit = ByteSize.kibibytes(4)
export const strangersPatience = "10 seconds"

/** The refusal of a body, by its headers; null when it may be read. */
export const unwelcome = (headers: Headers, limit = bodyLimit): HttpServerResponse.HttpServerResponse | null => {
  // Unpacked, a small body has any size.
  const encoding = headers.get("content-encoding")
  if (encoding !== null && encoding.toLowerCase() !== "identity") return refused(415)
  return Number(headers.get("content-length") ?? 0) > Number(limit) ? refused(413) : null
}

/** The request, its text as it was sent or not at all: the decoder it comes with would mend bytes that are no UTF-8. */
export const asSent = (
  request: HttpServerRequest.HttpServerRequest,
  limit: ByteSize.ByteSize
): HttpServerRequest.HttpServerRequest =>
  Object.create(request, {
    text: {
      value: Effect.flatMap(
        Effect.provideService(request.arrayBuffer, HttpIncomingMessage.MaxBodySize, limit),
        (bytes) =>
          Effect.try({
            try: () => flat(utf8.decode(bytes)),
            catch: (cause) =>
              new HttpServerError.HttpServerError({ reason: new HttpServerError.RequestParseError({ request, cause }) })
          })
      )
    }
  })

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** No body of ours nests or has many members. What does is parsed for as long as half a second, while the buttons wait. */
const flat = (text: string): string => {
  let [depth, marks, quoted] = [0, 0, false]
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    if (quoted && sign === "\\") at++
    else if (sign === '"') quoted = !quoted
    else if (!quoted && (sign === "{" || sign === "[")) depth++
    else if (!quoted && (sign === "}" || sign === "]")) depth--
    else if (!quoted && sign === ",") marks++
    if (depth > 8 || marks > 256) throw new SyntaxError("a body that nests, or has many members")
  }
  return text
}

/** Hardly ever heard: what was being read goes with its connection. */
export const tooSlow = (): HttpServerResponse.HttpServerResponse => refused(408)

/** The refusal of a body that was being read; null when that is not what failed. */
export const unread = (cause: Cause.Cause<unknown>): HttpServerResponse.HttpServerResponse | null => {
  const defect = Result.getOrElse(Cause.findDefect(cause), () => null)
  if (!HttpServerError.isHttpServerError(defect) || defect.reason._tag !== "RequestParseError") return null
  return refused(defect.reason.reason === "BodyTooLarge" ? 413 : 400)
}

const refused = (status: number) => HttpServerResponse.empty({ status, headers: { connection: "close" } })
