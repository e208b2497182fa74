/** How a process starts and ends: with 0 when it was asked to, with 1 and one line that says why when it could not go on. */
import { NodeRuntime } from "@effect/platform-node"
import { Cause, Console, Effect, Exit, Layer, Logger } from "effect"

export interface Process<E> {
  /** How it is called in the one line. */
  readonly name: string
  readonly main: Layer.Layer<never, E>
  /** Why it did not start, in the words of a person who can change that; null for an error that is nobody's setting. */
  readonly startRefusal: (error: unknown) => string | null
}

export const run = <E>({ name, main, startRefusal }: Process<E>): void => {
  // Files that it and its children write are readable by their user alone, also in a directory that somebody else made.
  process.umask(0o077)
  // The reader of the log may be gone: without a listener EPIPE would end the process at its next line.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {})
  // A terminal that went away: what runs is ended as on SIGTERM, and is not left for the next start to find.
  process.on("SIGHUP", () => process.kill(process.pid, "SIGTERM"))
  const why = (cause: Cause.Cause<unknown>): string => {
    const refusal = startRefusal(Cause.squash(cause))
    return refusal === null ? `${name} ended: ${Cause.pretty(cause)}` : `${name} did not start: ${refusal}`
  }
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
