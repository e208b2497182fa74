/** Who asks: the name the edge gave, or how they proved themselves. Shown in operations and logs. */
import { Context } from "effect"

export class Operator extends Context.Service<Operator, { readonly name: string }>()("contract/Operator") {}
