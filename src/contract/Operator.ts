/** Who asks: the name the edge gave, or how they proved themselves. Shown in operations and logs. */
import { Context } from "effect"
import { HttpApiMiddleware } from "effect/http-api"
import { BadRequest, Forbidden, Misdirected, TooManyAttempts, Unauthenticated, WrongContentType } from "./Problem.ts"

export class Operator extends Context.Service<Operator, { readonly name: string }>()("contract/Operator") {}

/** Admits the request or refuses it, and says who asks. A process provides it with `core/http/Auth.ts`. */
export class RequireOperator extends HttpApiMiddleware.Service<RequireOperator, { provides: Operator }>()(
  "contract/Auth",
  {
    error: [BadRequest, Unauthenticated, TooManyAttempts, Forbidden, Misdirected, WrongContentType]
  }
) {}

/** Who acts here without being a person of that name: the agent, and operators who are known by a credential alone. */
export const reservedNames = ["agent", "token", "login", "demo", "server"]

export const isReserved = (name: string): boolean => reservedNames.includes(name.toLowerCase())
