/**
 * One run of the CLI: it is started, listened to until it ends or is ended, and then swept away with everything it started.
 * Interrupting a run is Stop, in the CLI's own protocol; see `halt`.
 */
import { Cause, Deferred, Effect, Exit, Fiber, Option, Queue, Stream } from "effect"
import * as Command from "../claude/command.ts"
import { type Program, type Process, SubprocessRunner } from "../process/SubprocessRunner.ts"
import { deep, type Redact } from "../redact/redact.ts"
import { ClaudeOutput } from "./ClaudeOutput.ts"
import { type Elsewhere, type MakeElsewhere, nowhere, type Remote } from "./elsewhere.ts"
import type { EventSink, NotStored } from "./EventSink.ts"
import { effectiveEnd, type Ended, type RunReport } from "./verdict.ts"
import { type Limits, waitForEnd } from "./waitForEnd.ts"

export interface Options {
  readonly program: Omit<Program, "stdin">
  readonly prompt: string
  /** The id that the CLI is started with. */
  readonly conversation: string
  readonly limits: Limits
  readonly sink: EventSink
  readonly redact: Redact
  /** By default it reaches no other machine. */
  readonly elsewhere?: MakeElsewhere
  /** Whether an interruption is the operator's Stop; otherwise it is the server going down. */
  readonly stopping: () => boolean
}

export interface ClaudeRun extends RunReport {
  /** Processes of the run here: those that were ended, those that could not be, and by what means. */
  readonly swept: { readonly ended: number; readonly left: number; readonly how: string }
  /** What became of what it started elsewhere. */
  readonly remote: Remote
}

/** Only the waiting is `restore`d: a Stop in the middle must still find out, and say, what it ended. */
export const run = (options: Options, restore: Restore) =>
  Effect.scoped(
    Effect.gen(function* () {
      // Stop may have come on the way here, or between two runs.
      const interrupted = Exit.isFailure(yield* Effect.exit(restore(Effect.void)))
      if (interrupted || options.stopping()) return neverStarted(options.stopping())
      const started = yield* listen(options)
      const waited = yield* Effect.exit(restore(waitForEnd(started, options)))
      const ended = Exit.isSuccess(waited) ? waited.value : yield* interruption(waited.cause, options.stopping())
      const resultBefore = started.output.result !== null
      const stopped = yield* stopBoth(started, ended._tag === "Exited")
      return yield* collect(started, options.redact, { ended, resultBefore, stopped })
    })
  )

export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

const byServer = (stopping: boolean): Ended => ({ _tag: stopping ? "Stopped" : "Shutdown" })

const interruption = (cause: Cause.Cause<never>, stopping: boolean): Effect.Effect<Ended> =>
  Cause.hasDies(cause)
    ? Effect.as(Effect.logError("A turn failed inside the server", cause), { _tag: "Defect" })
    : Effect.succeed(byServer(stopping))

const neverStarted = (stopping: boolean): ClaudeRun => ({
  ended: byServer(stopping),
  result: null,
  opened: false,
  exited: { code: null, signal: null },
  stderr: "",
  remote: "none",
  swept: { ended: 0, left: 0, how: "before the agent was started" }
})

interface Started {
  readonly process: Process
  readonly stdin: Queue.Queue<string, Cause.Done>
  readonly output: ClaudeOutput
  readonly listening: Fiber.Fiber<void, NotStored>
  readonly elsewhere: Elsewhere
}

/** Starts the CLI with its prompt, and gives what it says to the sink. */
const listen = Effect.fnUntraced(function* (options: Options) {
  const runner = yield* SubprocessRunner
  const stdin = yield* Queue.unbounded<string, Cause.Done>()
  yield* Queue.offerAll(stdin, [Command.initialize, Command.prompt(options.prompt)])
  const elsewhere = yield* options.elsewhere ?? nowhere
  const env = { ...options.program.env, ...elsewhere.env }
  const process = yield* runner.start({ ...options.program, env, stdin: Stream.fromQueue(stdin) })
  const closing = yield* Deferred.make<void>()
  const output = new ClaudeOutput(options.sink, options.redact, options.conversation, closing)
  const listening = yield* Effect.forkScoped(Stream.runForEachArray(process.lines, (lines) => output.onLines(lines)))
  // After `result` an open stdin is all that keeps the CLI alive.
  yield* Effect.forkScoped(Effect.andThen(Deferred.await(closing), Queue.end(stdin)))
  return { process, stdin, output, listening, elsewhere } satisfies Started
})

/** Ends what is left of the run, here and elsewhere at once. */
const stopBoth = Effect.fnUntraced(function* (started: Started, exited: boolean) {
  const { process, stdin, elsewhere } = started
  const before = yield* process.processes
  const halted = exited ? Effect.succeed("by itself") : halt(started)
  const stop = elsewhere.stop({ pids: before ?? new Set(), exited })
  const [how, remote] = yield* Effect.all([halted, stop], { concurrency: "unbounded" })
  yield* Queue.end(stdin)
  const { found, survivors } = yield* process.end
  return { before, how, found, survivors, remote: remote({ unmarked: yield* process.unmarked }) }
})

interface Ending {
  readonly ended: Ended
  /** It had said its result before anything ended it. */
  readonly resultBefore: boolean
  readonly stopped: Effect.Success<ReturnType<typeof stopBoth>>
}

const collect = Effect.fnUntraced(function* (
  { process, output, listening }: Started,
  redact: Redact,
  { ended, resultBefore, stopped }: Ending
) {
  const { before, how, found, survivors, remote } = stopped
  const listened = Effect.timeoutOption(Fiber.await(listening), "2 seconds")
  // A disk that is slow loses nothing of what it said.
  yield* Effect.repeat(listened, { while: (all) => Option.isNone(all) && output.appending })
  const exited = yield* Effect.timeoutOption(process.exited, "1 second")
  // Complete once it has exited; one that waits in the kernel does not, even when it was killed.
  const stderr = Option.isNone(exited) ? "" : yield* process.stderr
  const end = effectiveEnd(ended, output.result, resultBefore)
  // What was gone by then went by itself.
  const all = end._tag === "Exited" ? found : new Set([...(before ?? [process.pid]), ...found])
  return {
    ended: end,
    // Redacted before the verdict cuts them: half a secret would not be recognised.
    result: deep(redact, output.result).value as RunReport["result"],
    opened: output.opened,
    exited: Option.getOrElse(exited, () => ({ code: null, signal: "SIGKILL" })),
    stderr: redact(stderr).value,
    remote,
    swept: {
      ended: all.size - (survivors ?? 0),
      left: survivors ?? 0,
      how: survivors === null ? `${how}; /proc cannot be read, so only the process group was ended` : how
    }
  } satisfies ClaudeRun
})

/**
 * The only stop that also ends a running Bash tool and keeps the conversation's memory of it: control `interrupt`, wait
 * for `result`, end stdin. SIGTERM orphans the tool and erases the call from the transcript (CLI 2.1.197).
 */
const halt = Effect.fnUntraced(function* ({ process, output, stdin }: Started) {
  yield* Queue.offer(stdin, Command.interrupt)
  yield* Effect.raceFirst(Deferred.await(output.closing), process.exited).pipe(Effect.timeoutOption("3 seconds"))
  yield* Queue.end(stdin)
  const exited = yield* Effect.timeoutOption(process.exited, "2 seconds")
  return Option.isSome(exited) ? "interrupt" : "SIGKILL, because it did not answer the interrupt"
})
