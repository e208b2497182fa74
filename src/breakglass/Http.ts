/** Route to service, a line each. What is decoded, refused and answered is declared in `contract/Api.ts`. */
import { Effect, Layer, Option, Schema, type Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder, HttpApiSchema } from "effect/http-api"
import { Api, BadRequest, type Info, NotFound, promptLimit, TooLarge } from "../contract/Api.ts"
import { Operator } from "../contract/Operator.ts"
import { mutating, Verb, verbs } from "../contract/Pve.ts"
import { Auth, cookieLife } from "./Auth.ts"
import { cookieName } from "./admit.ts"
import { Cli } from "./Cli.ts"
import { compare } from "./compare.ts"
import { Config } from "./Config.ts"
import { PveVerbs } from "./PveVerbs.ts"
import { Doctor } from "./Doctor.ts"
import { changes } from "./hostSpeech.ts"
import type { Place } from "./Reader.ts"
import { Readers } from "./Readers.ts"
import { noEvent } from "./refusals.ts"
import { Session } from "./Session.ts"
import { upkeep } from "./Upkeep.ts"

const sessions = HttpApiBuilder.group(
  Api,
  "sessions",
  Effect.fnUntraced(function* (handlers) {
    const session = yield* Session
    const readers = yield* Readers
    const { models, model: defaultModel } = yield* Config
    return handlers.handleAll({
      create: () => Effect.map(session.create, (session_id) => ({ session_id })),
      list: () => session.list,
      get: ({ params }) => session.get(params.id),
      stream: ({ params, headers, query, request }) =>
        Effect.zipWith(session.attach(params.id), readers.admit(params.id, request), (attach, leave) =>
          eventStream(attach(place(headers["last-event-id"], query), leave))
        ),
      prompt: ({ params, payload }) =>
        Effect.gen(function* () {
          const { model = defaultModel, prompt, prompt_id = null } = payload
          yield* acceptable(prompt)
          if (!models.includes(model)) return yield* unknownModel(models)
          yield* session.prompt(params.id, { text: prompt, model, promptId: prompt_id })
          return { status: "started" } as const
        }),
      cancel: ({ params }) => Effect.map(session.cancel(params.id), (cancelled) => ({ cancelled })),
      export: ({ params }) => session.export(params.id),
      full: ({ params }) =>
        /^(0|[1-9][0-9]{0,15})$/.test(params.event)
          ? session.full(params.id, Number(params.event))
          : Effect.fail(noEvent)
    })
  })
)

const pve = HttpApiBuilder.group(
  Api,
  "pve",
  Effect.fnUntraced(function* (handlers) {
    const power = yield* PveVerbs
    const readers = yield* Readers
    const { target } = yield* Config
    const operation = (op_id: string) =>
      Effect.flatMap(power.get(op_id), Option.match({ onNone: () => Effect.fail(noOperation), onSome: Effect.succeed }))
    return handlers.handleAll({
      verbs: () => Effect.succeed({ verbs, mutating }),
      stream: ({ headers, query, request }) =>
        Effect.map(readers.admit("vm", request), (leave) =>
          eventStream(power.attach(place(headers["last-event-id"], query), leave))
        ),
      screen: () => Effect.map(power.screen, picture),
      operations: () => Effect.map(power.list, (operations) => ({ operations })),
      operation: ({ params }) => operation(params.op_id),
      compare: ({ params }) =>
        Effect.zipWith(operation(params.op_id), operation(params.other), (first, second) =>
          compare(first.output, second.output)
        ),
      start: ({ payload: { verb, op_id, confirm } }) =>
        Effect.gen(function* () {
          const { name: actor } = yield* Operator
          if (changes(verb) && confirm !== target) return yield* unconfirmed(target)
          return yield* power.start({ verb, op_id, actor })
        }),
      run: ({ params, request }) =>
        Effect.gen(function* () {
          const { name: actor } = yield* Operator
          // The router ends a path at ";" and decodes "%73": what is not spelt as a verb is none.
          const spelt = request.url.replace(/\?.*$/, "") === `/api/pve/${params.verb}`
          const verb = yield* Schema.decodeUnknownEffect(Verb)(spelt ? params.verb : "").pipe(
            Effect.mapError(() => unknownVerb)
          )
          const { exit_code, stdout, stderr, outcome } = (yield* power.run({ verb, actor })).answer
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
    const cookie = (value: string, secure: boolean, maxAge: number) =>
      HttpServerResponse.setCookieUnsafe(cookieName, value, {
        httpOnly: true,
        sameSite: "strict",
        path: "/",
        secure,
        maxAge: `${maxAge} seconds`
      })
    return handlers.handleAll({
      login: ({ payload, request }) =>
        Effect.map(auth.login(request, payload.token), ({ value, secure }) =>
          HttpServerResponse.jsonUnsafe({ status: "signed_in" }).pipe(cookie(value, secure, cookieLife))
        ),
      logout: ({ request }) =>
        Effect.as(
          auth.logout(request),
          HttpServerResponse.jsonUnsafe({ status: "signed_out" }).pipe(cookie("", false, 0))
        )
    })
  })
)

const info = (demo: boolean) =>
  HttpApiBuilder.group(
    Api,
    "info",
    Effect.fnUntraced(function* (handlers) {
      const { target, models, model, keepalive } = yield* Config
      const doctor = yield* Doctor
      const cli = yield* Cli
      return handlers.handleAll({
        get: () =>
          Effect.zipWith(Operator, cli.trouble, ({ name }, chat_off): Info => ({
            protocol: 1,
            demo,
            target,
            operator: name,
            models,
            default_model: model,
            keepalive_seconds: keepalive,
            chat_off
          })),
        doctor: () => Effect.map(doctor.examine, (checks) => ({ checks }))
      })
    })
  )

/** `demo` is what the page shows; it changes nothing else. */
export const layer = (options: { readonly demo: boolean }) =>
  HttpApiBuilder.layer(Api).pipe(Layer.provide([sessions, pve, login, info(options.demo), upkeep]))

/** Only a plain id names a place; anything else means "from the beginning". `poll` is for a proxy that holds a stream back. */
const place = (
  lastEventId: string | undefined,
  query: { readonly after?: string | undefined; readonly poll?: string | undefined }
): Place => {
  const after = lastEventId ?? query.after
  return {
    after: after !== undefined && /^(0|[1-9][0-9]*)$/.test(after) ? Number(after) : null,
    follow: query.poll === undefined
  }
}

const eventStream = (body: Stream.Stream<Uint8Array>) =>
  HttpApiSchema.withHeaders({
    body,
    headers: { "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" }
  })

const picture = (body: Uint8Array) =>
  HttpApiSchema.withHeaders({
    body,
    headers: { "cache-control": "no-store", "content-disposition": "inline" }
  })

const acceptable = (prompt: string): Effect.Effect<void, BadRequest | TooLarge> => {
  if (Buffer.byteLength(prompt) > promptLimit) return Effect.fail(tooLarge)
  if (prompt.trim() === "") return Effect.fail(blank)
  return prompt.isWellFormed() && !prompt.includes("\0") ? Effect.void : Effect.fail(malformed)
}

const blank = new BadRequest({ detail: "The prompt is empty. Nothing was begun." })
const malformed = new BadRequest({ detail: "The prompt holds a NUL or half a character. Nothing was begun." })
const tooLarge = new TooLarge({ detail: `The prompt is over ${promptLimit} bytes. Nothing was begun.` })
const unknownModel = (models: ReadonlyArray<string>) =>
  new BadRequest({ detail: `There is no such model here; there are ${models.join(", ")}. Nothing was begun.` })
const unknownVerb = new BadRequest({
  detail: `There is no such verb; there are ${verbs.join(", ")}. Nothing was sent.`
})
const unconfirmed = (target: string) =>
  new BadRequest({ detail: `This changes the VM: it needs "confirm" with its name, ${target}. Nothing was sent.` })
const noOperation = new NotFound({ detail: "There is no such operation." })
