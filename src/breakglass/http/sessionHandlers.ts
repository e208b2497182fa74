/** The sessions' routes, a line each. */
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api, promptLimit } from "../../contract/breakglass/Api.ts"
import { BadRequest, TooLarge } from "../../contract/Problem.ts"
import { Config } from "../config/Config.ts"
import { Subscribers } from "../../core/http/Subscribers.ts"
import { noEvent, withProblems } from "./sessionProblems.ts"
import { Session } from "../session/Session.ts"
import { cursorStart, eventStream } from "../../core/log/sse.ts"

export const sessions = HttpApiBuilder.group(
  Api,
  "sessions",
  Effect.fnUntraced(function* (handlers) {
    const session = yield* Session
    const readers = yield* Subscribers
    const { models, model: defaultModel } = yield* Config
    return handlers.handleAll({
      create: () => Effect.map(withProblems(session.create), (session_id) => ({ session_id })),
      list: ({ query: { limit = "50", before = null, archived } }) =>
        withProblems(session.list({ limit: Number(limit), before, archived: archived === "1" })),
      get: ({ params }) => withProblems(session.get(params.id)),
      archive: ({ params, payload }) => withProblems(session.archive(params.id, payload.archived)),
      delete: ({ params }) => Effect.as(withProblems(session.remove(params.id)), { status: "deleted" } as const),
      stream: ({ params, headers, query, request }) =>
        Effect.zipWith(withProblems(session.attach(params.id)), readers.admit(params.id, request), (attach, evicted) =>
          eventStream(attach(cursorStart(headers["last-event-id"], query), evicted))
        ),
      prompt: ({ params, payload }) =>
        Effect.gen(function* () {
          const { model = defaultModel, prompt, prompt_id = null } = payload
          yield* acceptable(prompt)
          if (!models.includes(model)) return yield* unknownModel(models)
          yield* withProblems(session.prompt(params.id, { text: prompt, model, promptId: prompt_id }))
          return { status: "started" } as const
        }),
      cancel: ({ params }) => Effect.map(withProblems(session.cancel(params.id)), (cancelled) => ({ cancelled })),
      export: ({ params }) => withProblems(session.export(params.id)),
      full: ({ params }) =>
        /^(0|[1-9][0-9]{0,15})$/.test(params.event)
          ? withProblems(session.full(params.id, Number(params.event)))
          : Effect.fail(noEvent)
    })
  })
)

const acceptable = (prompt: string): Effect.Effect<void, BadRequest | TooLarge> => {
  if (Buffer.byteLength(prompt) > promptLimit) return Effect.fail(tooLarge)
  if (prompt.trim() === "") return Effect.fail(blank)
  return prompt.isWellFormed() && !prompt.includes("\0") ? Effect.void : Effect.fail(malformed)
}

const blank = new BadRequest({ detail: "The prompt is empty. Nothing was started." })
const malformed = new BadRequest({ detail: "The prompt holds a NUL or half a character. Nothing was started." })
const tooLarge = new TooLarge({ detail: `The prompt is over ${promptLimit} bytes. Nothing was started.` })
const unknownModel = (models: ReadonlyArray<string>) =>
  new BadRequest({ detail: `There is no such model here; there are ${models.join(", ")}. Nothing was started.` })
