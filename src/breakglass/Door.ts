/**
 * The agent's only way to the host: a unix socket that this server alone answers (0600, in a directory of its own). Behind it
 * are the same operations the buttons press: one at a time, in the log, with the VM's name as confirmation.
 */
import { Cause, Context, Effect, Exit, Layer, Option, Result, Schema } from "effect"
import * as Fs from "node:fs"
import * as Http from "node:http"
import * as Os from "node:os"
import * as Path from "node:path"
import { Verb, verbs } from "../contract/Pve.ts"
import { Config } from "./Config.ts"
import { changes } from "./hostSpeech.ts"
import { PveVerbs } from "./PveVerbs.ts"

export class Door extends Context.Service<
  Door,
  {
    /** Where `agents/pve.mjs` knocks; null when the socket could not be made. */
    readonly socket: string | null
  }
>()("breakglass/Door") {
  static readonly layer = Layer.effect(
    Door,
    Effect.gen(function* () {
      const power = yield* PveVerbs
      const { target } = yield* Config
      const answer = Effect.fnUntraced(function* (path: string, confirm: string) {
        const verb = Option.getOrNull(Schema.decodeUnknownOption(Verb)(path.slice(1)))
        if (verb === null)
          return { code: 2, text: `There is no such verb; there are ${verbs.join(", ")}. Nothing was sent.` }
        if (changes(verb) && confirm !== target) {
          return {
            code: 2,
            text: `This changes the VM: say its name, as in "pve ${verb} ${target}". Nothing was sent.`
          }
        }
        const ran = yield* Effect.result(power.run({ verb, actor: "agent" }))
        if (Result.isFailure(ran)) return { code: 75, text: ran.failure.detail ?? "" }
        const { operation, answer } = ran.success
        const verified = operation.verified === null ? "" : operation.verified ? ", verified" : ", NOT verified"
        return {
          code: answer.exit_code ?? 1,
          text: `${operation.output}${verb}: ${operation.outcome}${verified}. ${operation.evidence}`
        }
      })

      const context = yield* Effect.context()
      const server = Http.createServer((request, response) => {
        const say = ({ code, text }: { readonly code: number; readonly text: string }) =>
          response.writeHead(200, { "x-exit-code": String(code) }).end(`${text.trimEnd()}\n`)
        const confirm = String(request.headers["x-confirm"] ?? "")
        Effect.runForkWith(context)(answer(request.url ?? "", confirm)).addObserver((exit) => {
          if (Exit.isSuccess(exit)) say(exit.value)
          else if (!Cause.hasInterruptsOnly(exit.cause))
            say({ code: 1, text: "The server failed at this; its log says why." })
        })
      })
      const socket = yield* Effect.acquireRelease(listen(server), (path) => close(server, path))
      if (socket === null) yield* Effect.logError("The agent has no way to the host: its socket could not be made.")
      return Door.of({ socket })
    })
  )
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
