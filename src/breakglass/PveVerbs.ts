/**
 * The way back that needs no model: power verbs on the VM's host. An operation is claimed, then runs in a fiber of this
 * layer, so a phone that sleeps cannot end a cycle; its outcome is what the host said, or `unknown`, never a guess.
 */
import { Context, DateTime, Effect, Fiber, Layer, Option, type Stream } from "effect"
import { OperationBusy, OperationIdTaken } from "../contract/Api.ts"
import { mutating, type Operation, type OpOutcome, type Verb, type VmEvent } from "../contract/Pve.ts"
import { Config } from "./Config.ts"
import * as EventLog from "./EventLog.ts"
import { Journal } from "./Journal.ts"
import * as OverSsh from "./OverSsh.ts"
import type { Place } from "./Reader.ts"
import * as Redact from "./redact.ts"

/** What the host answered. `exit_code` is null when it was not heard. */
export interface Answer {
  readonly outcome: OpOutcome
  readonly exit_code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Asks the host. `say` is given each line as it comes. */
export type Ask = (verb: Verb, opId: string, say: (line: string) => Effect.Effect<void>) => Effect.Effect<Answer>

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
    readonly ended: (op_id: string) => Effect.Effect<Answer>
    readonly get: (op_id: string) => Effect.Effect<Option.Option<Operation>>
    /** Newest first. */
    readonly list: Effect.Effect<ReadonlyArray<Operation>>
    /** SSE frames of the VM's own log. */
    readonly attach: (place: Place) => Stream.Stream<Uint8Array>
    readonly keepalive: Effect.Effect<void>
    readonly close: Effect.Effect<void>
  }
>()("breakglass/PveVerbs") {
  /** Over ssh to the Proxmox host. */
  static readonly layer = Layer.effect(
    PveVerbs,
    Effect.gen(function* () {
      return yield* make(yield* OverSsh.make(yield* Config))
    })
  )
}

/** The operations themselves, whatever it is that answers. */
export const make = Effect.fnUntraced(function* (ask: Ask) {
  const journal = yield* Journal
  const scope = yield* Effect.scope
  const last = yield* Effect.orElseSucceed(journal.last(logName), () => ({ id: null, at: null }))
  const { secrets } = yield* Config
  const log = yield* EventLog.make<VmEvent>(journal, logName, last, Redact.make(secrets))
  const operations = new Map<string, Running>()
  // The buttons must work on a disk that takes no writes; then the log misses what `get` and `list` still know.
  const tell = (event: VmEvent) => Effect.ignore(log.append([event]))
  const move = (running: Running, change: Partial<Operation>) =>
    Effect.suspend(() => {
      running.operation = { ...running.operation, ...change }
      return tell({ kind: "operation", op: { ...running.operation, output: "" } })
    })

  const run = (running: Running) =>
    Effect.gen(function* () {
      const { verb, op_id } = running.operation
      const answer = yield* ask(verb, op_id, (text) => {
        running.operation = { ...running.operation, output: kept(`${running.operation.output}${text}\n`) }
        return tell({ kind: "output", op_id, text })
      })
      const ended_at = DateTime.formatIso(yield* DateTime.now)
      const { outcome, exit_code } = answer
      yield* move(running, { ended_at, outcome, exit_code, phase: "done" })
      return answer
    })

  const start = Effect.fn("PveVerbs.start")(function* ({ verb, op_id, actor }: Request) {
    const known = operations.get(op_id)
    if (known !== undefined) return known.operation.verb === verb ? known.operation : yield* idTaken
    const busy = changes(verb) ? [...operations.values()].map(({ operation }) => operation).find(changing) : undefined
    if (busy !== undefined) return yield* taken(busy)
    const started_at = DateTime.formatIso(yield* DateTime.now)
    const operation: Operation = { ...blank, op_id, verb, actor, started_at }
    const running: Running = { operation, fiber: null }
    operations.set(op_id, running)
    yield* move(running, {})
    running.fiber = yield* Effect.forkIn(run(running), scope)
    return operation
  }, Effect.uninterruptible)

  return PveVerbs.of({
    start,
    ended: (op_id) =>
      Effect.suspend(() => {
        const fiber = operations.get(op_id)?.fiber ?? null
        return fiber === null ? Effect.die("no such operation") : Fiber.join(fiber)
      }),
    get: (op_id) => Effect.sync(() => Option.fromNullishOr(operations.get(op_id)?.operation)),
    list: Effect.sync(() => [...operations.values()].map(({ operation }) => operation).reverse()),
    attach: log.attach,
    keepalive: log.keepalive,
    close: log.close
  })
})

interface Running {
  operation: Operation
  fiber: Fiber.Fiber<Answer> | null
}

const logName = "vm"

/** Characters of output an operation keeps: its newest. */
const kept = (output: string): string => output.slice(-64 * 1024)

const changes = (verb: Verb): boolean => (mutating as ReadonlyArray<Verb>).includes(verb)
const changing = (operation: Operation): boolean => changes(operation.verb) && operation.ended_at === null

const blank = {
  ended_at: null,
  phase: "accepted",
  outcome: null,
  exit_code: null,
  output: "",
  verified: null,
  evidence: ""
} satisfies Partial<Operation>

const idTaken = new OperationIdTaken({
  detail: "This op_id was used for another verb. Nothing was sent. Try again with a new one."
})
const taken = ({ verb, actor, started_at, op_id }: Operation) =>
  new OperationBusy({
    verb,
    actor,
    started_at,
    op_id,
    detail: `${verb} by ${actor} has been running since ${started_at}. Nothing was sent. Watch it, or wait for its end.`
  })
