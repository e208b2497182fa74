import { ServeError } from "effect/http/HttpServerError"
import { JournalRefused } from "../../core/journal/Journal.ts"
import { ConfigRefused } from "../../core/settings/variable.ts"

/** Why the server did not start, for errors that a setting cures; null for every other error. */
export const startRefusal = (error: unknown): string | null => {
  if (error instanceof ConfigRefused) return `${error.message}.`
  if (error instanceof JournalRefused) return `${error.reason}. BREAKGLASS_SESSIONS_DIR names the directory.`
  if (error instanceof ServeError) return "it cannot listen on HOST and PORT (in use, or not allowed)."
  return null
}
