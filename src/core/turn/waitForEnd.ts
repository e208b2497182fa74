/** What ends a run of the CLI, if nobody stops it: its exit, a limit of time, or the sink's failure. */
import { Deferred, Effect, Fiber, type Scope } from "effect"
import type { Process } from "../process/SubprocessRunner.ts"
import type { ClaudeOutput } from "./ClaudeOutput.ts"
import type { EventSink, NotStored } from "./EventSink.ts"
import { type Ended, silenceNotice } from "./verdict.ts"

/** All in seconds. */
export interface Limits {
  /** The whole turn. */
  readonly total: number
  /** Silence while no tool runs: the model is stuck. */
  readonly silent: number
  /** Silence while a tool runs. Tools print nothing until they end, so only their own limit plus a margin is suspicious. */
  readonly tool: number
  /** Silence until the summary of a conversation that grew too long is there: the model says nothing meanwhile. */
  readonly compaction: number
}

interface Listened {
  readonly process: Process
  readonly output: ClaudeOutput
  readonly listening: Fiber.Fiber<void, NotStored>
}

/** Waits for whatever ends the run first. */
export const waitForEnd = (
  { process, output, listening }: Listened,
  { limits, sink }: { readonly limits: Limits; readonly sink: EventSink }
): Effect.Effect<Ended, never, Scope.Scope> => {
  const exited: Ended = { _tag: "Exited" }
  const listened = Effect.matchEffect(Fiber.join(listening), {
    onFailure: ({ reason }) => Effect.succeed<Ended>({ _tag: "Journal", reason }),
    // It closed its stdout: nobody will hear what it still does.
    onSuccess: () => Effect.as(Effect.sleep("2 seconds"), exited)
  })
  return Effect.raceAllFirst([
    Effect.as(process.exited, exited),
    listened,
    // With its stdin ended it takes about 50 ms.
    Effect.as(Effect.andThen(Deferred.await(output.closing), Effect.sleep("5 seconds")), exited),
    Effect.as(Effect.sleep(limits.total * 1000), { _tag: "TimedOut", seconds: limits.total } satisfies Ended),
    watch(output, limits, sink)
  ])
}

/** Seconds of a silent model after which the operator is told. */
const noticedAfter = 30

/** Counts seconds, not clock time: a clock that jumps must not end a turn. */
const watch = (output: ClaudeOutput, limits: Limits, sink: EventSink): Effect.Effect<Ended, never, Scope.Scope> =>
  Effect.gen(function* () {
    while (true) {
      yield* Effect.sleep("1 second")
      if (!output.appending) output.silentSeconds += 1
      yield* output.showProgress
      const [tool] = output.openTools.values()
      if (output.compacting) {
        if (output.silentSeconds >= limits.compaction) return { _tag: "NoSummary", seconds: limits.compaction }
        continue
      }
      const limit = tool === undefined ? limits.silent : limits.tool
      if (output.silentSeconds >= limit) return { _tag: "Silent", seconds: limit, tool: tool?.name ?? null }
      // Forked, and without its failure: a disk that is slow or takes no writes is found out by the next event.
      if (!output.appending && output.silentSeconds === noticedAfter && tool === undefined)
        yield* Effect.forkScoped(Effect.ignore(sink.append([silenceNotice(noticedAfter, limit)])))
    }
  })
