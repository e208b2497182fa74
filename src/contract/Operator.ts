/** Who asks: the name the edge gave, or how they proved themselves. Shown in operations and logs. */
import { Context } from "effect"

export class Operator extends Context.Service<Operator, { readonly name: string }>()("contract/Operator") {}

/** Who acts here without being a person of that name: the agent, and operators who are known by a credential alone. */
export const reservedNames = ["agent", "token", "login", "demo", "server"]

export const isReserved = (name: string): boolean => reservedNames.includes(name.toLowerCase())
