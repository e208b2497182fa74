/**
 * One run of the CLI: started, listened to until it ends or is ended, and then swept away with everything it started.
 * Interrupting it is not death but the Stop of the CLI's own protocol; see `halt`.
 */
import { Cause, Deferred, Effect, Exit, Fiber, Option, Queue, type Scope, Stream } from "effect"
import * as Command from "../claude/command.ts"
import { type Program, type Running, SubprocessRunner } from "../process/SubprocessRunner.ts"
import { Ear } from "./ClaudeOutput.ts"
import { type MakeElsewhere, nowhere, type Remote } from "./elsewhere.ts"
import type { EventSink, NotStored } from "./EventSink.ts"
import { deep, type Redact } from "../redact/redact.ts"
import { type Ended, inTruth, quiet, type Seen } from "./verdict.ts"

/** All in seconds. */
interface Limits {
  /** The whole turn. */
  readonly total: number
  /** Silence while no tool runs: the model is stuck. */
  readonly silent: number
  /** Silence while a tool runs. Tools print nothing until they end, so only their own limit plus a margin is suspicious. */
  readonly tool: number
  /** Until the summary of a conversation that grew too long is there. The model is silent meanwhile. */
  readonly compaction: number
}

export interface Options {
  readonly program: Omit<Program, "stdin">
  readonly prompt: string
  /** The id the CLI is started with. */
  readonly conversation: string
  readonly limits: Limits
  readonly sink: EventSink
  readonly redact: Redact
  /** Nowhere, unless it is said. */
  readonly elsewhere?: MakeElsewhere
  /** Whether an interruption is the operator's Stop; otherwise it is the server going down. */
  readonly stopping: () => boolean
}

export interface Attempt extends Seen {
  /** Processes of the turn that were ended, and those that could not be. */
  readonly swept: { readonly ended: number; readonly left: number; readonly how: string }
  /** The same, on the other end of its ssh connections. */
  readonly remote: Remote
}

/** Only its waiting is `restore`d: a Stop in the middle must still find out, and answer, what it ended. */
export const run = (options: Options, restore: Restore) =>
  Effect.scoped(
    Effect.gen(function* () {
      // On its way here, or between two attempts.
      const interrupted = Exit.isFailure(yield* Effect.exit(restore(Effect.void)))
      if (interrupted || options.stopping()) return notBegun(options.stopping())
      const runner = yield* SubprocessRunner
      const stdin = yield* Queue.unbounded<string, Cause.Done>()
      yield* Queue.offerAll(stdin, [Command.initialize, Command.prompt(options.prompt)])
      const elsewhere = yield* options.elsewhere ?? nowhere
      const env = { ...options.program.env, ...elsewhere.env }
      const running = yield* runner.start({ ...options.program, env, stdin: Stream.fromQueue(stdin) })
      const ear = new Ear(options.sink, options.redact, options.conversation, yield* Deferred.make<void>())
      const listening = yield* Effect.forkScoped(Stream.runForEachArray(running.lines, (lines) => ear.hear(lines)))

      // After `result` an open stdin is all that keeps the CLI alive.
      yield* Effect.forkScoped(Effect.andThen(Deferred.await(ear.closing), Queue.end(stdin)))

      const waited = yield* Effect.exit(restore(ending(running, ear, listening, options)))
      const ended = Exit.isSuccess(waited) ? waited.value : yield* broken(waited.cause, options.stopping())
      const saidBefore = ear.result !== null
      const before = yield* running.processes
      const itself = ended._tag === "Itself"
      const halted = itself ? Effect.succeed("by itself") : halt(running, ear, stdin)
      const stop = elsewhere.stop({ pids: before ?? new Set(), exited: itself })
      const [how, remote] = yield* Effect.all([halted, stop], { concurrency: "unbounded" })
      yield* Queue.end(stdin)
      const { seen, left } = yield* running.end
      const unmarked = yield* running.unmarked
      const heard = Effect.timeoutOption(Fiber.await(listening), "2 seconds")
      // Of what it said nothing is lost to a disk that is slow.
      yield* Effect.repeat(heard, { while: (all) => Option.isNone(all) && ear.deaf })
      const exited = yield* Effect.timeoutOption(running.exited, "1 second")
      // Complete once it has exited; one that waits in the kernel does not, even when it was killed.
      const stderr = Option.isNone(exited) ? "" : yield* running.stderr

      const truth = inTruth(ended, ear.result, saidBefore)
      // What had gone by then went by itself.
      const all = truth._tag === "Itself" ? seen : new Set([...(before ?? [running.pid]), ...seen])
      const attempt: Attempt = {
        ended: truth,
        // Before the verdict cuts them: half a secret is none that would be known again.
        result: deep(options.redact, ear.result).value as Seen["result"],
        opened: ear.opened,
        exited: Option.getOrElse(exited, () => ({ code: null, signal: "SIGKILL" })),
        stderr: options.redact(stderr).value,
        remote: remote({ unmarked }),
        swept: {
          ended: all.size - (left ?? 0),
          left: left ?? 0,
          how: left === null ? `${how}; /proc cannot be read, so only the process group was ended` : how
        }
      }
      return attempt
    })
  )

export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

const asked = (stopping: boolean): Ended => ({ _tag: stopping ? "Stopped" : "Shutdown" })

const broken = (cause: Cause.Cause<never>, stopping: boolean): Effect.Effect<Ended> =>
  Cause.hasDies(cause)
    ? Effect.as(Effect.logError("A turn failed inside the server", cause), { _tag: "Defect" })
    : Effect.succeed(asked(stopping))

const notBegun = (stopping: boolean): Attempt => ({
  ended: asked(stopping),
  result: null,
  opened: false,
  exited: { code: null, signal: null },
  stderr: "",
  remote: "none",
  swept: { ended: 0, left: 0, how: "before the agent was started" }
})

/** Waits for whatever ends the run first. */
const ending = (
  running: Running,
  ear: Ear,
  listening: Fiber.Fiber<void, NotStored>,
  { limits, sink }: Options
): Effect.Effect<Ended, never, Scope.Scope> => {
  const itself: Ended = { _tag: "Itself" }
  const listened = Effect.matchEffect(Fiber.join(listening), {
    onFailure: ({ reason }) => Effect.succeed<Ended>({ _tag: "Journal", reason }),
    // It closed its stdout: what it still does nobody will hear.
    onSuccess: () => Effect.as(Effect.sleep("2 seconds"), itself)
  })
  return Effect.raceAllFirst([
    Effect.as(running.exited, itself),
    listened,
    // With its stdin ended it takes about 50 ms.
    Effect.as(Effect.andThen(Deferred.await(ear.closing), Effect.sleep("5 seconds")), itself),
    Effect.as(Effect.sleep(limits.total * 1000), { _tag: "TimedOut", seconds: limits.total } satisfies Ended),
    watch(ear, limits, sink)
  ])
}

/** Seconds of a silent model after which the operator is told. */
const noticed = 30

/** Counts seconds, not clock time: a clock that jumps must not end a turn. */
const watch = (ear: Ear, limits: Limits, sink: EventSink): Effect.Effect<Ended, never, Scope.Scope> =>
  Effect.gen(function* () {
    while (true) {
      yield* Effect.sleep("1 second")
      if (!ear.deaf) ear.quiet += 1
      yield* ear.progress
      const [tool] = ear.open.values()
      if (ear.compacting) {
        if (ear.quiet >= limits.compaction) return { _tag: "NoSummary", seconds: limits.compaction }
        continue
      }
      const limit = tool === undefined ? limits.silent : limits.tool
      if (ear.quiet >= limit) return { _tag: "Silent", seconds: limit, tool: tool?.name ?? null }
      // A disk that does not take it is for the next event to find out, and one that is slow for nobody here.
      if (!ear.deaf && ear.quiet === noticed && tool === undefined)
        yield* Effect.forkScoped(Effect.ignore(sink.append([quiet(noticed, limit)])))
    }
  })

/**
 * The only stop that also ends a running Bash tool and keeps the conversation's memory of it: control `interrupt`, wait
 * for `result`, end stdin. SIGTERM orphans the tool and erases the call from the transcript (CLI 2.1.197).
 */
const halt = Effect.fnUntraced(function* (running: Running, ear: Ear, stdin: Queue.Queue<string, Cause.Done>) {
  yield* Queue.offer(stdin, Command.interrupt)
  yield* Effect.raceFirst(Deferred.await(ear.closing), running.exited).pipe(Effect.timeoutOption("3 seconds"))
  yield* Queue.end(stdin)
  const gone = yield* Effect.timeoutOption(running.exited, "2 seconds")
  return Option.isSome(gone) ? "interrupt" : "SIGKILL, because it did not answer the interrupt"
})
