/** What every test of the server knows. */
import { join } from "node:path"

/** The repository. */
export const root = join(import.meta.dirname, "../../..")
/** What an operator signs in with. */
export const token = "a-token-that-is-long-enough-for-any-bind"
