/**
 * The agent's only way to the host: a unix socket on which this server alone listens (0600, in a directory of its own), for
 * requests that carry the token of a turn that runs. Behind it are the same operations the buttons start: one at a time, in the
 * log, with the VM's name as confirmation, and rarely (docs/adr/0010).
 */
import { Cause, Context, Effect, Exit, Layer, Option, Result, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import * as Fs from "node:fs"
import * as Http from "node:http"
import * as Os from "node:os"
import * as Path from "node:path"
import { Verb, verbs } from "../../contract/Power.ts"
import { monotonic } from "../../core/time/monotonic.ts"
import { agent } from "../power/admission.ts"
import type { OperationRunning } from "../power/errors.ts"
import { isMutating } from "../power/hostProtocol.ts"
import type { Completed } from "../power/PveVerbs.ts"
import { type Target, Targets } from "../target/Targets.ts"
import * as Allowance from "./allowance.ts"

/** One turn's access. After `revoke` nothing that the turn left behind is answered. */
export interface Access {
  readonly env: Readonly<Record<string, string>>
  readonly revoke: () => void
}

export class PowerSocket extends Context.Service<
  PowerSocket,
  {
    /** For one turn, while `stillAllowed` holds. A token and no socket of its own: a disk that hangs may not delay the turn. */
    readonly grant: (stillAllowed: () => boolean) => Access
  }
>()("breakglass/PowerSocket") {
  static readonly layer = Layer.effect(
    PowerSocket,
    Effect.gen(function* () {
      const { primary } = yield* Targets
      const turns = new Map<string, TurnAccess>()
      const context = yield* Effect.context()
      const server = Http.createServer(answering(Effect.runForkWith(context), responder(primary, turns)))
      const socket = yield* Effect.acquireRelease(listen(server), (path) => close(server, path))
      if (socket === null)
        yield* Effect.logError(
          "The agent's power socket could not be made: the agent has no verbs. The buttons are not affected."
        )
      return PowerSocket.of({
        grant: (stillAllowed) => {
          if (socket === null) return { env: {}, revoke: () => {} }
          const token = SecureRandom.uuidV4Unsafe()
          turns.set(token, { sent: 0, stillAllowed })
          return {
            env: { BREAKGLASS_PVE: socket, BREAKGLASS_TURN_TOKEN: token },
            revoke: () => void turns.delete(token)
          }
        }
      })
    })
  )
}

interface TurnAccess {
  /** Mutating verbs of this turn that were sent. */
  sent: number
  readonly stillAllowed: () => boolean
}

interface Asked {
  readonly path: string
  /** The VM's name, as the agent gave it. */
  readonly confirm: string
  readonly token: string
}

/** `code` is what the agent's command exits with. */
interface Answer {
  readonly code: number
  readonly text: string
}

/** Decides each request, and runs those that may. */
const responder = (target: Target, turns: ReadonlyMap<string, TurnAccess>) => {
  const mutate = mutating(target)
  return Effect.fnUntraced(function* ({ path, confirm, token }: Asked) {
    const turn = turns.get(token)
    const stillAllowed = () => turns.has(token) && turn?.stillAllowed() === true
    if (turn === undefined || !stillAllowed()) return turnEnded
    const verb = Option.getOrNull(Schema.decodeUnknownOption(Verb)(path.slice(1)))
    if (verb === null)
      return { code: 2, text: `There is no such verb; there are ${verbs.join(", ")}. Nothing was sent.` }
    const run = target.power.run({ verb, actor: agent, stillAllowed })
    if (!isMutating(verb)) return answerOf(yield* Effect.result(run))
    if (confirm !== target.name) {
      const example = `pve ${verb} ${target.name}`
      return { code: 2, text: `This changes the VM: say its name, as in "${example}". Nothing was sent.` }
    }
    return yield* mutate(turn, run)
  })
}

/** Runs what changes the VM, one at a time and not more often than allowed, whichever turn asks. */
const mutating = ({ power }: Target) => {
  let running = false
  let endedAt: number | null = null
  const operators = Effect.map(power.list, (all) =>
    all.find(({ ended_at, verb, actor }) => ended_at === null && isMutating(verb) && actor !== agent)
  )
  return Effect.fnUntraced(function* (turn: TurnAccess, run: Effect.Effect<Completed, OperationRunning>) {
    const now = yield* monotonic
    const operator = yield* operators
    const sinceLast = endedAt === null ? null : now - endedAt
    const refusal = Allowance.refusal({ sent: turn.sent, running, sinceLast })
    // While an operator's runs, the refusal that names it says more than that it is too soon.
    if (refusal !== null && operator === undefined) return { code: 75, text: refusal }
    running = true
    const result = yield* Effect.result(run).pipe(Effect.ensuring(Effect.sync(() => (running = false))))
    if (Result.isFailure(result)) return answerOf(result)
    turn.sent += 1
    endedAt = yield* monotonic
    const { code, text } = answerOf(result)
    const next = yield* operators
    if (next === undefined) return { code, text }
    return { code, text: `${text}\n${next.verb} by ${next.actor} comes next. Send nothing that changes the VM.` }
  })
}

const answering =
  (fork: ReturnType<typeof Effect.runForkWith<never>>, respond: (asked: Asked) => Effect.Effect<Answer>) =>
  (request: Http.IncomingMessage, response: Http.ServerResponse) => {
    const say = ({ code, text }: Answer) =>
      response.writeHead(200, { "x-exit-code": String(code) }).end(`${text.trimEnd()}\n`)
    const header = (name: string) => String(request.headers[name] ?? "")
    const asked = { path: request.url ?? "", confirm: header("x-confirm"), token: header("x-token") }
    fork(respond(asked)).addObserver((exit) => {
      if (Exit.isSuccess(exit)) say(exit.value)
      // Its turn ended before the operation was claimed.
      else if (Cause.hasInterruptsOnly(exit.cause)) say(turnEnded)
      else say({ code: 1, text: "The server failed at this; its log says why." })
    })
  }

const turnEnded: Answer = { code: 1, text: "The turn that this belongs to has ended. Nothing was sent." }

const answerOf = (result: Result.Result<Completed, OperationRunning>): Answer => {
  if (Result.isFailure(result)) return { code: 75, text: result.failure.message }
  const { operation, reply } = result.success
  const verified = operation.verified === null ? "" : operation.verified ? ", verified" : ", NOT verified"
  return {
    code: reply.exit_code ?? 1,
    text: `${operation.output}${operation.verb}: ${operation.outcome}${verified}. ${operation.evidence}`
  }
}

/** Not in the state directory: that disk may be full, or its path too long for a socket (108 bytes, unix(7)). */
const listen = (server: Http.Server) =>
  Effect.callback<string | null>((resume) => {
    try {
      const path = Path.join(Fs.mkdtempSync(Path.join(Os.tmpdir(), "breakglass-")), "pve")
      server.once("error", () => resume(Effect.succeed(null)))
      server.listen(path, () => {
        Fs.chmodSync(path, 0o600)
        resume(Effect.succeed(path))
      })
    } catch {
      resume(Effect.succeed(null))
    }
  })

const close = (server: Http.Server, path: string | null) =>
  Effect.sync(() => {
    server.close()
    server.closeAllConnections()
    if (path !== null) Fs.rmSync(Path.dirname(path), { recursive: true, force: true })
  })
