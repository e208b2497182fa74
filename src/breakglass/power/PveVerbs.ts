/**
 * The way back that needs no model: power verbs on the VM's host. An operation is claimed, then runs in a fiber of this
 * layer, so a phone that sleeps cannot end a cycle. Its outcome is what the host said, or `unknown`, never a guess; and a
 * host that was lost is asked what became of it, never told again.
 */
import { Clock, Context, DateTime, Deferred, Effect, Layer, Option } from "effect"
import { SecureRandom } from "effect/crypto"
import type { OperationBusy, OperationIdTaken } from "../../contract/breakglass/Api.ts"
import type { Operation, Status, Verb, VmEvent } from "../../contract/Power.ts"
import { Config } from "../config/Config.ts"
import * as EventLog from "../../core/log/EventLog.ts"
import { explained } from "./explainRefusal.ts"
import { Journal } from "../../core/journal/Journal.ts"
import * as Conduct from "./runOperation.ts"
import { changes } from "./hostProtocol.ts"
import { operationEnded } from "./metrics.ts"
import * as Operations from "./registry.ts"
import * as OverSsh from "./HostLink.ts"
import { finding, replay } from "./pastOperations.ts"
import * as Redact from "../../core/redact/redact.ts"
import { busyWith, idTaken } from "./problems.ts"
import * as Screen from "./Screen.ts"
import { telling } from "../../core/log/appendInBackground.ts"

export interface Request {
  readonly verb: Verb
  readonly op_id: string
  readonly actor: string
  /** Looked at in the step that claims: whether its asker still may. Without it, and once claimed, nothing withdraws it. */
  readonly still?: () => boolean
}

/** The recovery agent's name among the actors; no operator has it. Its verbs stand behind everybody else's. */
export const agent = "agent"

export interface Ran {
  readonly operation: Operation
  readonly answer: Conduct.Answer
}

export class PveVerbs extends Context.Service<
  PveVerbs,
  {
    /**
     * Claims and begins; the same id again is the same operation. Of what only looks, two of a verb are under way for one
     * asker and one waits: who is refused beyond that is told of the one that waits. What changes the VM is one at a time;
     * an operator's is not refused for the agent's, but waits for its end and comes next.
     */
    readonly start: (request: Request) => Effect.Effect<Operation, OperationBusy | OperationIdTaken>
    /** For who has no id to go by: begins, or shares the look that waits, and gives it at its end with the host's answer. */
    readonly run: (request: Omit<Request, "op_id">) => Effect.Effect<Ran, OperationBusy>
    readonly get: (op_id: string) => Effect.Effect<Option.Option<Operation>>
    /** Asks the host's script about itself; no operation, and nothing changes. */
    readonly selftest: (id: string) => Effect.Effect<Conduct.Answer>
    /** The VM's own screen, as PNG; no operation either. */
    readonly screen: Screen.Look
    /** Newest first. */
    readonly list: Effect.Effect<ReadonlyArray<Operation>>
    /** SSE frames of the VM's own log. */
    readonly attach: EventLog.EventLog["attach"]
    /** Tells readers what was observed. */
    readonly show: (status: Status) => Effect.Effect<void>
    readonly keepalive: Effect.Effect<void>
    readonly close: Effect.Effect<void>
  }
>()("breakglass/PveVerbs") {
  /** Over ssh to the Proxmox host. */
  static readonly layer = Layer.effect(
    PveVerbs,
    Effect.gen(function* () {
      const config = yield* Config
      return yield* make(yield* explained(config, yield* OverSsh.make(config)))
    })
  )
}

/** The operations themselves, whatever it is that answers. */
export const make = Effect.fnUntraced(function* (ask: Conduct.Ask) {
  const journal = yield* Journal
  const { secrets } = yield* Config
  const scope = yield* Effect.scope
  const last = yield* Effect.orElseSucceed(journal.timely(journal.last(logName)), () => null)
  const log = yield* EventLog.make<VmEvent>(journal, logName, last, Redact.make(secrets))
  const operations = Operations.make()
  const { tell, told } = telling(log, scope)
  const tellOf = (operation: Operation) => tell({ kind: "operation", op: { ...operation, output: "" } }, { operation })
  const move = (running: Operations.Running) => (change: Partial<Operation>) =>
    Effect.gen(function* () {
      const ended_at = change.outcome === undefined ? {} : { ended_at: DateTime.formatIso(yield* DateTime.now) }
      if (change.outcome && running.operation.ended_at === null)
        yield* operationEnded(running.operation.verb, change.outcome)
      running.operation = { ...running.operation, ...ended_at, ...change }
      yield* tellOf(running.operation)
    })
  const conduct = (running: Operations.Running) =>
    Conduct.make({
      ask,
      operation: () => running.operation,
      move: move(running),
      print: (text) => {
        Operations.print(running, text)
        return tell({ kind: "output", op_id: running.operation.op_id, text })
      },
      background: (effect) => Effect.asVoid(Effect.forkIn(effect, scope))
    })

  const carryOn = (running: Operations.Running, conducted: Effect.Effect<Conduct.Answer>) => {
    const answer = Deferred.makeUnsafe<Conduct.Answer>()
    running.answer = answer
    // One that never ended would hold the buttons for ever.
    const unknown = (defect: unknown) =>
      Effect.andThen(
        Effect.logError("An operation failed inside the server", defect),
        move(running)({ outcome: "unknown", phase: "unknown", evidence: Conduct.notTold })
      )
    return Effect.forkIn(Deferred.into(Effect.ensuring(Effect.tapDefect(conducted, unknown), told), answer), scope)
  }

  // A former life's operations: what it last knew of them, and for those it left open, what the host says now.
  yield* replay(journal, log, operations.recall)
  const now = yield* Clock.currentTimeMillis
  for (const running of operations.unsettled(now)) yield* carryOn(running, conduct(running).takeUp)

  const find = finding(journal, operations.get)
  const start = Effect.fn("PveVerbs.start")(function* ({ verb, op_id, actor, still }: Request) {
    const started_at = DateTime.formatIso(yield* DateTime.now)
    const before = yield* find(op_id)
    // From here to its claim nothing yields: of any number at once, one finds it free.
    const known = operations.get(op_id)?.operation ?? before
    if (known !== null) return known.verb === verb ? known : yield* idTaken
    if (still?.() === false) return yield* Effect.interrupt
    const ahead = changes(verb) ? operations.changing() : operations.ofAsker(verb, actor)
    const inTheWay = changes(verb) ? (one: Operation) => actor === agent || one.actor !== agent : waits
    const busy = ahead.map(({ operation }) => operation).find(inTheWay)
    if (busy !== undefined) return yield* busyWith(busy)
    const alone = ahead.length < (changes(verb) ? 1 : atOnce)
    const running = operations.begin({
      ...Operations.blank,
      op_id,
      verb,
      actor,
      started_at,
      phase: alone ? "accepted" : "waiting"
    })
    const { run } = conduct(running)
    // A server that dies now shall ask the host about it in its next life, where the disk allows.
    const sent = Effect.andThen(told, alone ? run : Effect.andThen(turn(running, ahead), run))
    const carried = carryOn(running, sent)
    yield* tellOf(running.operation)
    yield* carried
    return running.operation
  }, Effect.uninterruptible)

  // Whatever becomes of one of those ahead.
  const turn = (running: Operations.Running, ahead: ReadonlyArray<Operations.Running>) => {
    const ends = ahead.flatMap(({ answer }) => (answer === null ? [] : [Effect.exit(Deferred.await(answer))]))
    return Effect.andThen(Effect.raceAllFirst(ends), move(running)({ phase: "accepted" }))
  }

  const run = Effect.fnUntraced(function* (request: Omit<Request, "op_id">) {
    const { verb } = request
    const { op_id } = yield* start({ ...request, op_id: SecureRandom.uuidV4Unsafe() }).pipe(
      Effect.catchTags({
        OperationIdTaken: Effect.die,
        // It has not been sent, so what it sees is not from before it was asked for.
        OperationBusy: (busy) => (changes(verb) ? Effect.fail(busy) : Effect.succeed(busy))
      })
    )
    const running = operations.get(op_id)
    if (running === undefined || running.answer === null) return yield* Effect.die("no such operation")
    const answer = yield* Deferred.await(running.answer)
    return { operation: running.operation, answer }
  })

  return PveVerbs.of({
    start,
    run,
    get: (op_id) => Effect.map(find(op_id), Option.fromNullOr),
    list: Effect.sync(operations.newest),
    selftest: (id) => ask("selftest", id, () => Effect.void),
    screen: yield* Screen.make(ask),
    attach: log.attach,
    show: log.status,
    keepalive: log.keepalive,
    close: log.close
  })
})

const logName = "vm"

/** Of one verb that only looks, for one asker: a second, should the first hang. */
const atOnce = 2

const waits = ({ phase }: Operation): boolean => phase === "waiting"
