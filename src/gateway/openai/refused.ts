/**
 * What OpenAI's clients understand of an answer that is no success: the body `{"error": {message, type, param, code}}`. Any
 * other body is "500 status code (no body)" to the JavaScript client (seen with openai 6.49.0).
 */

export interface Refused {
  readonly status: number
  readonly code: string
  /** The field of the request that is at fault; null when none is. */
  readonly param: string | null
  readonly message: string
  /** Seconds until a repeat is worthwhile; null when a repeat is of no use. The clients obey 1 to 60. */
  readonly retryAfter: number | null
}

export const invalid = (param: string | null, message: string, code = "invalid_value"): Refused => ({
  status: 400,
  code,
  param,
  message,
  retryAfter: null
})

export const unsupported = (param: string, message: string): Refused => invalid(param, message, "unsupported_parameter")

export const unknownModel = (model: string, known: ReadonlyArray<string>): Refused => ({
  status: 404,
  code: "model_not_found",
  param: "model",
  message: `The model ${JSON.stringify(model.slice(0, 100))} is not offered here. Offered: ${known.join(", ")}.`,
  retryAfter: null
})

/** `error.type` by status, as OpenAI names it. */
const types: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  429: "rate_limit_error",
  500: "server_error",
  502: "server_error",
  503: "server_error",
  504: "server_error"
}

export const envelope = ({ status, code, param, message }: Refused) => ({
  error: { message, type: types[status] ?? "invalid_request_error", param, code }
})

/** `x-should-retry: false` where the clients would by themselves try again (408, 409, 429, 5xx) and should not. */
export const headers = ({ status, retryAfter }: Refused): Readonly<Record<string, string>> => {
  if (retryAfter !== null) return { "retry-after": String(Math.min(60, Math.max(1, Math.ceil(retryAfter)))) }
  return status === 408 || status === 409 || status === 429 || status >= 500 ? { "x-should-retry": "false" } : {}
}
