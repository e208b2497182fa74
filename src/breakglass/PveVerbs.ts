/**
 * The way back that needs no model: power verbs on the VM's host. An operation is claimed, then runs in a fiber of this
 * layer, so a phone that sleeps cannot end a cycle. Its outcome is what the host said, or `unknown`, never a guess; and a
 * host that was lost is asked what became of it, never told again.
 */
import { Clock, Context, DateTime, Deferred, Duration, Effect, Layer, Option, Schema } from "effect"
import type { OperationBusy, OperationIdTaken } from "../contract/Api.ts"
import { type Operation, type Status, type Verb, VmEvent } from "../contract/Pve.ts"
import { Config } from "./Config.ts"
import * as EventLog from "./EventLog.ts"
import { explained } from "./explain.ts"
import { Journal } from "./Journal.ts"
import * as Conduct from "./conduct.ts"
import { changes } from "./hostSpeech.ts"
import * as Metrics from "./metrics.ts"
import * as OverSsh from "./OverSsh.ts"
import * as Redact from "./redact.ts"
import { idTaken, taken } from "./refusals.ts"
import * as Screen from "./Screen.ts"
import { telling } from "./telling.ts"

export interface Request {
  readonly verb: Verb
  readonly op_id: string
  readonly actor: string
}

export class PveVerbs extends Context.Service<
  PveVerbs,
  {
    /** Claims and begins; the same id again is the same operation. */
    readonly start: (request: Request) => Effect.Effect<Operation, OperationBusy | OperationIdTaken>
    /** Waits for the end of an operation that was begun here, and gives what the host answered. */
    readonly ended: (op_id: string) => Effect.Effect<Conduct.Answer>
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
  const operations = new Map<string, Running>()
  const { tell, told } = telling(log, scope)
  const move = (running: Running) => (change: Partial<Operation>) =>
    Effect.gen(function* () {
      const ended_at = change.outcome === undefined ? {} : { ended_at: DateTime.formatIso(yield* DateTime.now) }
      if (change.outcome && running.operation.ended_at === null)
        yield* Metrics.operationEnded(running.operation.verb, change.outcome)
      running.operation = { ...running.operation, ...ended_at, ...change }
      yield* tell({ kind: "operation", op: { ...running.operation, output: "" } })
    })
  const conduct = (running: Running) =>
    Conduct.make({
      ask,
      operation: () => running.operation,
      move: move(running),
      print: (text) => {
        addOutput(running, text)
        return tell({ kind: "output", op_id: running.operation.op_id, text })
      },
      background: (effect) => Effect.asVoid(Effect.forkIn(effect, scope))
    })

  const carryOn = (running: Running, conducted: Effect.Effect<Conduct.Answer>) => {
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

  const begin = (operation: Operation) => {
    const running: Running = { operation, answer: null }
    operations.set(operation.op_id, running)
    if (operations.size > remembered) {
      const oldest = [...operations.values()].find((one) => one !== running && one.operation.ended_at !== null)
      operations.delete(oldest?.operation.op_id ?? "")
    }
    return running
  }

  // A former life's operations: what it last knew of them, and for those it left open, what the host says now.
  const remember = (entry: VmEvent) => {
    // The disk may have changed it, and no bit of a disk may keep the buttons from coming up.
    if (!Schema.is(VmEvent)(entry)) return
    if (entry.kind === "operation")
      begin({ ...entry.op, output: operations.get(entry.op.op_id)?.operation.output ?? "" })
    else Option.map(Option.fromNullishOr(operations.get(entry.op_id)), (running) => addOutput(running, entry.text))
  }
  yield* Effect.catchTag(journal.timely(log.entries(remember, replayed)), "JournalFailed", ({ reason }) =>
    Effect.logError(`What the operations before this start became is not known: ${reason}.`)
  )
  const now = yield* Clock.currentTimeMillis
  for (const running of operations.values()) {
    if (unsettled(running.operation, now)) yield* carryOn(running, conduct(running).takeUp)
  }

  const start = Effect.fn("PveVerbs.start")(function* ({ verb, op_id, actor }: Request) {
    const started_at = DateTime.formatIso(yield* DateTime.now)
    // From here to its claim nothing yields: of any number at once, one finds it free.
    const known = operations.get(op_id)
    if (known !== undefined) return known.operation.verb === verb ? known.operation : yield* idTaken
    const busy = changes(verb) ? [...operations.values()].map(({ operation }) => operation).find(changing) : undefined
    if (busy !== undefined) return yield* taken(busy)
    const running = begin({ ...blank, op_id, verb, actor, started_at })
    yield* tell({ kind: "operation", op: running.operation })
    // A server that dies now shall ask the host about it in its next life, where the disk allows.
    yield* carryOn(running, Effect.andThen(told, conduct(running).run))
    return running.operation
  }, Effect.uninterruptible)

  return PveVerbs.of({
    start,
    ended: (op_id) =>
      Effect.suspend(() => {
        const answer = operations.get(op_id)?.answer ?? null
        return answer === null ? Effect.die("no such operation") : Deferred.await(answer)
      }),
    get: (op_id) => Effect.sync(() => Option.fromNullishOr(operations.get(op_id)?.operation)),
    list: Effect.sync(() => [...operations.values()].map(({ operation }) => operation).reverse()),
    selftest: (id) => ask("selftest", id, () => Effect.void),
    screen: yield* Screen.make(ask),
    attach: log.attach,
    show: log.status,
    keepalive: log.keepalive,
    close: log.close
  })
})

interface Running {
  operation: Operation
  /** Not its fiber: that would keep the request that began it, and this is remembered for long. */
  answer: Deferred.Deferred<Conduct.Answer> | null
}

const logName = "vm"

/** Operations that can still be asked for. */
const remembered = 500
/** Events of a former life that are read for them. Nothing ends this log, and the buttons wait for the reading. */
const replayed = 50_000

/** Characters of output an operation keeps: its newest. */
const kept = (output: string): string => output.slice(-64 * 1024)

const addOutput = (running: Running, text: string) => {
  running.operation = { ...running.operation, output: kept(`${running.operation.output}${text}\n`) }
}

const changing = (operation: Operation): boolean => changes(operation.verb) && operation.ended_at === null

/** Still open, or not known how it ended, and the host may yet say. */
const unsettled = ({ verb, ended_at, outcome, started_at }: Operation, now: number): boolean =>
  ended_at === null ||
  (changes(verb) && outcome === "unknown" && now - Date.parse(started_at) < Duration.toMillis(Conduct.afterwards))

const blank = {
  ended_at: null,
  phase: "accepted",
  outcome: null,
  exit_code: null,
  output: "",
  verified: null,
  evidence: ""
} satisfies Partial<Operation>
