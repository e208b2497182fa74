/**
 * Carries operations out in fibers of the layer, so that a caller that leaves ends none, and writes into the log what becomes
 * of each.
 */
import { DateTime, Deferred, Effect, type Scope } from "effect"
import type { Operation, VmEvent } from "../../contract/Power.ts"
import { appendInBackground } from "../../core/log/appendInBackground.ts"
import type { EventLog } from "../../core/log/EventLog.ts"
import { type AskHost, type HostReply, isMutating } from "./hostProtocol.ts"
import { operationEnded } from "./metrics.ts"
import { appendOutput, type RunningOperation } from "./registry.ts"
import { type Deps, endUnknown, resume, runOperation } from "./runOperation.ts"

export interface Parts {
  readonly ask: AskHost
  readonly log: EventLog<VmEvent>
  readonly scope: Scope.Scope
}

export const make = ({ ask, log, scope }: Parts) => {
  const { append, flush } = appendInBackground(log, scope)
  const announce = ({ operation }: RunningOperation) => append({ kind: "operation", op: { ...operation, output: "" } })

  const update = (running: RunningOperation) =>
    Effect.fnUntraced(function* (change: Partial<Operation>) {
      const ended_at = change.outcome === undefined ? {} : { ended_at: DateTime.formatIso(yield* DateTime.now) }
      if (change.outcome && running.operation.ended_at === null)
        yield* operationEnded(running.operation.verb, change.outcome)
      running.operation = { ...running.operation, ...ended_at, ...change }
      yield* announce(running)
    })

  const deps = (running: RunningOperation): Deps => ({
    ask,
    operation: () => running.operation,
    update: update(running),
    appendOutput: (text) => {
      appendOutput(running, text)
      return append({ kind: "output", op_id: running.operation.op_id, text })
    },
    background: (effect) => Effect.asVoid(Effect.forkIn(effect, scope))
  })

  const launch = (running: RunningOperation, work: Effect.Effect<HostReply>) => {
    const reply = Deferred.makeUnsafe<HostReply>()
    running.reply = reply
    // An operation that never ended would hold the buttons for ever.
    const onDefect = (defect: unknown) =>
      Effect.andThen(
        Effect.logError("An operation failed inside the server", defect),
        update(running)({ outcome: "unknown", phase: "unknown", evidence: endUnknown })
      )
    return Effect.forkIn(Deferred.into(Effect.ensuring(Effect.tapDefect(work, onDefect), flush), reply), scope)
  }

  /** Once one of these has ended, however it ended. */
  const after = (running: RunningOperation, ahead: ReadonlyArray<RunningOperation>) => {
    const ends = ahead.flatMap(({ reply }) => (reply === null ? [] : [Effect.exit(Deferred.await(reply))]))
    return Effect.andThen(Effect.raceAllFirst(ends), update(running)({ phase: "accepted" }))
  }

  return {
    /** One from before the restart. */
    resume: (running: RunningOperation) => launch(running, resume(deps(running))),
    /** Sends it, at once or after those ahead of it. When this is called its reply can be waited for; the effect begins it. */
    start: (running: RunningOperation, ahead: ReadonlyArray<RunningOperation>) => {
      const run = runOperation(deps(running))
      const inTurn = ahead.length === 0 ? run : Effect.andThen(after(running, ahead), run)
      // What changes the VM first to the disk, where that allows: a server that dies now asks the host about it after its
      // restart. A read is not asked about, and does not wait.
      const launched = launch(running, isMutating(running.operation.verb) ? Effect.andThen(flush, inTurn) : inTurn)
      return Effect.andThen(announce(running), launched)
    }
  }
}
