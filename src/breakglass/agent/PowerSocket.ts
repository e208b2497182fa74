/**
 * The agent's only way to the host: a unix socket that this server alone answers (0600, in a directory of its own), and only
 * to who brings the token of a turn that runs. Behind it are the same operations the buttons press: one at a time, in the
 * log, with the VM's name as confirmation, and seldom (docs/adr/0010).
 */
import { Cause, Context, Effect, Exit, Layer, Option, Result, Schema } from "effect"
import * as Fs from "node:fs"
import * as Http from "node:http"
import * as Os from "node:os"
import * as Path from "node:path"
import { SecureRandom } from "effect/crypto"
import type { OperationBusy } from "../../contract/breakglass/Api.ts"
import { Verb, verbs } from "../../contract/Power.ts"
import * as Allowance from "./allowance.ts"
import { Config } from "../config/Config.ts"
import { changes } from "../power/hostProtocol.ts"
import { agent, PveVerbs, type Ran } from "../power/PveVerbs.ts"
import { steady } from "../../core/time/monotonic.ts"

/** What a turn's commands need to knock, and its end: from then on nothing it left behind is answered. */
export interface Way {
  readonly env: Readonly<Record<string, string>>
  readonly shut: () => void
}

export class Door extends Context.Service<
  Door,
  {
    /** For one turn, while `still` holds. A token and no socket of its own: a disk that hangs may not hold up who makes it. */
    readonly open: (still: () => boolean) => Way
  }
>()("breakglass/Door") {
  static readonly layer = Layer.effect(
    Door,
    Effect.gen(function* () {
      const power = yield* PveVerbs
      const { target } = yield* Config
      const turns = new Map<string, { sent: number; readonly still: () => boolean }>()
      let underWay = false
      let ended: number | null = null

      /** Theirs goes before what the agent wants. */
      const operators = Effect.map(power.list, (all) =>
        all.find(({ ended_at, verb, actor }) => ended_at === null && changes(verb) && actor !== agent)
      )
      const answer = Effect.fnUntraced(function* (path: string, confirm: string, token: string) {
        const turn = turns.get(token)
        const still = () => turns.has(token) && turn?.still() === true
        if (turn === undefined || !still()) return over
        const verb = Option.getOrNull(Schema.decodeUnknownOption(Verb)(path.slice(1)))
        if (verb === null)
          return { code: 2, text: `There is no such verb; there are ${verbs.join(", ")}. Nothing was sent.` }
        const run = power.run({ verb, actor: agent, still })
        if (!changes(verb)) return said(yield* Effect.result(run))
        if (confirm !== target) {
          return {
            code: 2,
            text: `This changes the VM: say its name, as in "pve ${verb} ${target}". Nothing was sent.`
          }
        }
        const now = yield* steady
        const theirs = yield* operators
        const no = Allowance.refusal({ sent: turn.sent, underWay, since: ended === null ? null : now - ended })
        // Of an operator's the answer of who runs it says more than that it is too soon.
        if (no !== null && theirs === undefined) return { code: 75, text: no }
        underWay = true
        const ran = yield* Effect.result(run).pipe(Effect.ensuring(Effect.sync(() => (underWay = false))))
        if (Result.isSuccess(ran)) {
          turn.sent += 1
          ended = yield* steady
        }
        const { code, text } = said(ran)
        const next = yield* operators
        const more =
          next === undefined ? "" : `\n${next.verb} by ${next.actor} comes next. Send nothing that changes the VM.`
        return { code, text: Result.isSuccess(ran) ? `${text}${more}` : text }
      })

      const context = yield* Effect.context()
      const server = Http.createServer((request, response) => {
        const say = ({ code, text }: { readonly code: number; readonly text: string }) =>
          response.writeHead(200, { "x-exit-code": String(code) }).end(`${text.trimEnd()}\n`)
        const header = (name: string) => String(request.headers[name] ?? "")
        const answering = answer(request.url ?? "", header("x-confirm"), header("x-token"))
        Effect.runForkWith(context)(answering).addObserver((exit) => {
          if (Exit.isSuccess(exit)) say(exit.value)
          // Its turn ended on its way to the claim.
          else if (Cause.hasInterruptsOnly(exit.cause)) say(over)
          else say({ code: 1, text: "The server failed at this; its log says why." })
        })
      })
      const socket = yield* Effect.acquireRelease(listen(server), (path) => close(server, path))
      if (socket === null) yield* Effect.logError("The agent has no way to the host: its socket could not be made.")
      return Door.of({
        open: (still) => {
          if (socket === null) return { env: {}, shut: () => {} }
          const token = SecureRandom.uuidV4Unsafe()
          turns.set(token, { sent: 0, still })
          return {
            env: { BREAKGLASS_PVE: socket, BREAKGLASS_TURN_TOKEN: token },
            shut: () => void turns.delete(token)
          }
        }
      })
    })
  )
}

const over = { code: 1, text: "The turn that this belongs to has ended. Nothing was sent." }

const said = (ran: Result.Result<Ran, OperationBusy>) => {
  if (Result.isFailure(ran)) return { code: 75, text: ran.failure.detail ?? "" }
  const { operation, answer } = ran.success
  const verified = operation.verified === null ? "" : operation.verified ? ", verified" : ", NOT verified"
  return {
    code: answer.exit_code ?? 1,
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
