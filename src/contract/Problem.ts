/**
 * The errors that any process may answer: RFC 9457 problems with their statuses. Each says what happened and what did not,
 * and holds no path, argv, prompt or secret.
 */
import { HttpApiError } from "effect/http-api"

export const Problem = HttpApiError.Problem
/** The type of a problem that a client must tell from others of its status. */
export const urn = <Name extends string>(name: Name) => `urn:breakglass:${name}` as const

export class BadRequest extends Problem<BadRequest>()("BadRequest", {
  type: "about:blank",
  status: 400,
  title: "Bad Request"
}) {}
export class Unauthenticated extends Problem<Unauthenticated>()("Unauthenticated", {
  type: "about:blank",
  status: 401,
  title: "Unauthorized"
}) {}
/** Too many wrong credentials from one address; `Retry-After` says how long. A right one is taken at any time. */
export class TooManyAttempts extends Problem<TooManyAttempts>()("TooManyAttempts", {
  type: urn("too-many-attempts"),
  status: 429,
  title: "Too Many Requests"
}) {}
export class Forbidden extends Problem<Forbidden>()("Forbidden", {
  type: "about:blank",
  status: 403,
  title: "Forbidden"
}) {}
export class NotFound extends Problem<NotFound>()("NotFound", {
  type: "about:blank",
  status: 404,
  title: "Not Found"
}) {}
export class TooLarge extends Problem<TooLarge>()("TooLarge", {
  type: "about:blank",
  status: 413,
  title: "Content Too Large"
}) {}
export class Misdirected extends Problem<Misdirected>()("Misdirected", {
  type: "about:blank",
  status: 421,
  title: "Misdirected Request"
}) {}
export class WrongContentType extends Problem<WrongContentType>()("WrongContentType", {
  type: "about:blank",
  status: 415,
  title: "Unsupported Media Type"
}) {}
