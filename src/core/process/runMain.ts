/** How a process of ours lives and ends: 0 when it was asked to, 1 with one line that says why when it could not go on. */
import { NodeRuntime } from "@effect/platform-node"
import { Cause, Console, Effect, Exit, Layer, Logger } from "effect"
import { ServeError } from "effect/http/HttpServerError"
import { ConfigRefused } from "../settings/variable.ts"
import { JournalRefused } from "../journal/Journal.ts"

export const run = <E>(main: Layer.Layer<never, E>): void => {
  // What it and its children write is their user's alone, also in a directory that somebody else made.
  process.umask(0o077)
  // Who read our log is gone: EPIPE is an event without a listener then, and would end the server at its next line.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {})
  // A terminal that went away: turns end as they do on SIGTERM, not when the next server finds them.
  process.on("SIGHUP", () => process.kill(process.pid, "SIGTERM"))
  NodeRuntime.runMain(
    Layer.launch(main).pipe(
      Effect.tapCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.void : Console.error(why(cause)))),
      Effect.provide(Logger.layer([Logger.consoleJson]))
    ),
    {
      disableErrorReporting: true,
      // SIGTERM is the ordinary way to stop; the default would make it 130.
      teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)
    }
  )
}

const why = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (error instanceof ConfigRefused) return `breakglass did not start: ${error.message}.`
  if (error instanceof JournalRefused)
    return `breakglass did not start: ${error.reason}. BREAKGLASS_SESSIONS_DIR names the directory.`
  if (error instanceof ServeError)
    return "breakglass did not start: it cannot listen on HOST and PORT (in use, or not allowed)."
  return `breakglass ended: ${Cause.pretty(cause)}`
}
