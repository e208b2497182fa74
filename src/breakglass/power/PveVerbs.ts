/**
 * The way back that needs no model: power verbs on the VM's host. An operation is claimed, then runs in a fiber of this layer,
 * so a phone that goes to sleep cannot end a cycle. Its outcome is what the host said, or `unknown`, never a guess. A host that
 * was lost is asked what became of the operation, and is never sent it again.
 */
import { Clock, Context, DateTime, Deferred, Effect, Layer, Option } from "effect"
import { SecureRandom } from "effect/crypto"
import type { Operation, Status, Verb } from "../../contract/Power.ts"
import { Journal } from "../../core/journal/Journal.ts"
import * as EventLog from "../../core/log/EventLog.ts"
import { LogRegistry } from "../../core/log/LogRegistry.ts"
import { stateless } from "../../core/log/Projection.ts"
import type { Redact } from "../../core/redact/redact.ts"
import { admission } from "./admission.ts"
import * as Executor from "./executor.ts"
import { HostLink } from "./HostLink.ts"
import { type HostReply, isMutating } from "./hostProtocol.ts"
import { finding, operationOf, replay } from "./pastOperations.ts"
import { IdInUse, type NotStarted, OperationRunning } from "./errors.ts"
import * as Registry from "./registry.ts"

export interface Request {
  readonly verb: Verb
  readonly op_id: string
  readonly actor: string
  /** Whether the actor still may: asked in the step that claims. Absent: it may. Nothing withdraws an operation once claimed. */
  readonly stillAllowed?: () => boolean
}

/** An operation at its end, with the host's reply. */
export interface Completed {
  readonly operation: Operation
  readonly reply: HostReply
}

export class PveVerbs extends Context.Service<
  PveVerbs,
  {
    /**
     * Claims the operation and starts it; the same id again is the same operation. A verb that only reads is refused when two
     * of the actor's run and one waits; the refusal names the one that waits. A mutating verb is refused while another runs.
     * An operator's mutating verb is not refused for the agent's: it waits for its end and comes next.
     */
    readonly start: (request: Request) => Effect.Effect<Operation, NotStarted>
    /** For a caller that has no id: starts one, or shares the read that waits. Returns at its end. */
    readonly run: (request: Omit<Request, "op_id">) => Effect.Effect<Completed, OperationRunning>
    readonly get: (op_id: string) => Effect.Effect<Option.Option<Operation>>
    /** Newest first. */
    readonly list: Effect.Effect<ReadonlyArray<Operation>>
    /** The VM's own log. */
    readonly attach: EventLog.EventLog["attach"]
    /** Shows readers of that log what was observed; it is no event. */
    readonly show: (status: Status) => Effect.Effect<void>
  }
>()("breakglass/PveVerbs") {
  /** `log`: the name of the VM's log in the journal. */
  static readonly layer = (settings: { readonly log: string; readonly redact: Redact }) =>
    Layer.effect(PveVerbs, make(settings.log, settings.redact))
}

const make = Effect.fnUntraced(function* (logName: string, redact: Redact) {
  const journal = yield* Journal
  const { ask } = yield* HostLink
  const last = yield* Effect.orElseSucceed(journal.failIfStalled(journal.last(logName)), () => null)
  const projection = stateless(journal, logName, operationOf)
  const log = yield* EventLog.make(journal, logName, projection, { last, projected: null }, redact)
  yield* (yield* LogRegistry).add(log)
  const registry = Registry.make()
  const executor = Executor.make({ ask, log, scope: yield* Effect.scope })

  yield* replay(journal, log, registry.recall)
  const now = yield* Clock.currentTimeMillis
  for (const running of registry.unsettled(now)) yield* executor.resume(running)

  const find = finding(journal, registry.get)
  const start = starting({ registry, executor, find })
  return PveVerbs.of({
    start,
    run: runningToEnd(registry, start),
    get: (op_id) => Effect.map(find(op_id), Option.fromNullOr),
    list: Effect.sync(registry.newest),
    attach: log.attach,
    show: log.status
  })
})

interface Parts {
  readonly registry: Registry.Registry
  readonly executor: ReturnType<typeof Executor.make>
  readonly find: (op_id: string) => Effect.Effect<Operation | null>
}

const starting = ({ registry, executor, find }: Parts) =>
  Effect.fn("PveVerbs.start")(function* ({ verb, op_id, actor, stillAllowed }: Request) {
    const started_at = DateTime.formatIso(yield* DateTime.now)
    const before = yield* find(op_id)
    // From here to the claim nothing yields: of any number at once, one finds the VM free.
    const known = registry.get(op_id)?.operation ?? before
    if (known !== null) return known.verb === verb ? known : yield* new IdInUse()
    if (stillAllowed?.() === false) return yield* Effect.interrupt
    const admitted = admission(registry, verb, actor)
    if (admitted._tag === "Busy") return yield* runs(admitted.with)
    const phase = admitted._tag === "Now" ? "accepted" : "waiting"
    const running = registry.add({ ...Registry.blank, op_id, verb, actor, started_at, phase })
    yield* executor.start(running, admitted._tag === "Now" ? [] : admitted.ahead)
    return running.operation
  }, Effect.uninterruptible)

const runs = ({ verb, actor, started_at, op_id }: Operation) => new OperationRunning({ verb, actor, started_at, op_id })

const runningToEnd = (registry: Registry.Registry, start: PveVerbs["Service"]["start"]) =>
  Effect.fnUntraced(function* (request: Omit<Request, "op_id">) {
    const { op_id } = yield* start({ ...request, op_id: SecureRandom.uuidV4Unsafe() }).pipe(
      Effect.catchTags({
        IdInUse: Effect.die,
        // The one that waits has not been sent, so what it reads is newer than this request.
        OperationRunning: (busy) => (isMutating(request.verb) ? Effect.fail(busy) : Effect.succeed(busy))
      })
    )
    const running = registry.get(op_id)
    if (running === undefined || running.reply === null) return yield* Effect.die("no such operation")
    const reply = yield* Deferred.await(running.reply)
    return { operation: running.operation, reply }
  })
