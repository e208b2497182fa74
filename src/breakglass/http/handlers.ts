/** Route to service, a line each. What is decoded, refused and answered is declared in `contract/Api.ts`. */
import { Effect, Layer, Option, Schema } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiBuilder, HttpApiSchema } from "effect/http-api"
import { Api, type Info } from "../../contract/breakglass/Api.ts"
import { BadRequest, NotFound } from "../../contract/Problem.ts"
import { Operator } from "../../contract/Operator.ts"
import { mutating, Verb, verbs } from "../../contract/Power.ts"
import { Auth } from "../../core/http/Auth.ts"
import { Cli } from "../../core/claude/ClaudeCheck.ts"
import { compare } from "../power/compareEvidence.ts"
import { withPowerProblems } from "./powerProblems.ts"
import { Config } from "../config/Config.ts"
import { signedIn, signedOut } from "../../core/http/cookie.ts"
import { Doctor } from "../ops/Doctor.ts"
import { isMutating } from "../power/hostProtocol.ts"
import { noJournal } from "./noJournal.ts"
import { Subscribers } from "../../core/http/Subscribers.ts"
import { sessions } from "./sessionHandlers.ts"
import { cursorStart, eventStream } from "../../core/log/sse.ts"
import { upkeep } from "../ops/Probes.ts"
import { Targets } from "../target/Targets.ts"

const pve = HttpApiBuilder.group(
  Api,
  "pve",
  Effect.fnUntraced(function* (handlers) {
    const { id, name, power, screen } = (yield* Targets).primary
    const readers = yield* Subscribers
    const operation = (op_id: string) =>
      Effect.flatMap(power.get(op_id), Option.match({ onNone: () => Effect.fail(noOperation), onSome: Effect.succeed }))
    return handlers.handleAll({
      verbs: () => Effect.succeed({ verbs, mutating }),
      stream: ({ headers, query, request }) =>
        Effect.map(readers.admit(id, request), (evicted) =>
          eventStream(power.attach(cursorStart(headers["last-event-id"], query), evicted))
        ),
      screen: () => Effect.map(withPowerProblems(screen.take), picture),
      operations: () => Effect.map(power.list, (operations) => ({ operations })),
      operation: ({ params }) => operation(params.op_id),
      compare: ({ params }) =>
        Effect.zipWith(operation(params.op_id), operation(params.other), (first, second) =>
          compare(first.output, second.output)
        ),
      start: ({ payload: { verb, op_id, confirm } }) =>
        Effect.gen(function* () {
          const { name: actor } = yield* Operator
          if (isMutating(verb) && confirm !== name) return yield* unconfirmed(name)
          return yield* withPowerProblems(power.start({ verb, op_id, actor }))
        }),
      run: ({ params, request }) =>
        Effect.gen(function* () {
          const { name: actor } = yield* Operator
          // The router ends a path at ";" and decodes "%73": what is not spelt as a verb is none.
          const spelt = request.url.split("?", 1)[0] === `/api/pve/${params.verb}`
          const verb = yield* Schema.decodeUnknownEffect(Verb)(spelt ? params.verb : "").pipe(
            Effect.mapError(() => unknownVerb)
          )
          const { exit_code, stdout, stderr, outcome } = (yield* withPowerProblems(power.run({ verb, actor }))).reply
          const body = { verb, exit_code, stdout, stderr, rejected: outcome === "rejected" }
          return exit_code === 0 ? body : HttpServerResponse.jsonUnsafe(body, { status: 502 })
        })
    })
  })
)

const login = HttpApiBuilder.group(
  Api,
  "login",
  Effect.fnUntraced(function* (handlers) {
    const auth = yield* Auth
    const { publicOrigin, directUrl } = (yield* Config).auth
    // A browser takes no secure cookie from a direct address without TLS.
    const secure = ({ headers }: HttpServerRequest.HttpServerRequest) =>
      (headers["origin"] === directUrl ? directUrl : publicOrigin)?.startsWith("https:") ?? false
    return handlers.handleAll({
      login: ({ payload, request }) =>
        Effect.map(auth.login(request, payload.token), (value) => signedIn(value, secure(request))),
      logout: ({ request }) => Effect.as(auth.logout(request), signedOut(secure(request)))
    })
  })
)

const info = (demo: boolean) =>
  HttpApiBuilder.group(
    Api,
    "info",
    Effect.fnUntraced(function* (handlers) {
      const { models, model, keepalive, auth } = yield* Config
      const target = (yield* Targets).primary.name
      const doctor = yield* Doctor
      const cli = yield* Cli
      const chatOff = Effect.zipWith(yield* noJournal, cli.trouble, (unwritten, trouble) => unwritten ?? trouble)
      return handlers.handleAll({
        get: () =>
          Effect.zipWith(Operator, chatOff, ({ name }, chat_off): Info => ({
            protocol: 1,
            demo,
            target,
            operator: name,
            models,
            default_model: model,
            keepalive_seconds: keepalive,
            direct_url: auth.directUrl,
            chat_off
          })),
        doctor: () => Effect.map(doctor.examine, (checks) => ({ checks }))
      })
    })
  )

/** `demo` is what the page shows; it changes nothing else. */
export const layer = (options: { readonly demo: boolean }) =>
  HttpApiBuilder.layer(Api).pipe(Layer.provide([sessions, pve, login, info(options.demo), upkeep]))

const picture = (body: Uint8Array) =>
  HttpApiSchema.withHeaders({
    body,
    headers: { "cache-control": "no-store", "content-disposition": "inline" }
  })

const unknownVerb = new BadRequest({
  detail: `There is no such verb; there are ${verbs.join(", ")}. Nothing was sent.`
})
const unconfirmed = (target: string) =>
  new BadRequest({ detail: `This changes the VM: it needs "confirm" with its name, ${target}. Nothing was sent.` })
const noOperation = new NotFound({ detail: "There is no such operation." })
