/** A process that is not breakglass, over `core/` alone: its CLI has no tools, and its one route is for an operator. */
import { NodeHttpServer } from "@effect/platform-node"
import { Context, Effect, Layer, Redacted } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"
import type { Event } from "../../../src/contract/Event.ts"
import { conversation } from "../../../src/core/claude/profiles.ts"
import { Auth } from "../../../src/core/http/Auth.ts"
import { SubprocessRunner } from "../../../src/core/process/SubprocessRunner.ts"
import * as Redact from "../../../src/core/redact/redact.ts"
import type { EventSink } from "../../../src/core/turn/EventSink.ts"
import * as Turn from "../../../src/core/turn/Turn.ts"

/** A turn whose events stay in memory. `home` is the CLI's HOME and the directory it works in. */
export const talk = (file: string, home: string, prompt: string) =>
  Effect.gen(function* () {
    const events: Array<Event> = []
    const sink: EventSink = {
      append: (more) => Effect.sync(() => void events.push(...more)),
      writing: () => Effect.void,
      running: () => Effect.void
    }
    yield* Turn.run({
      command: {
        file,
        agent: { name: "talker", description: "Talks.", prompt: "You talk." },
        profile: conversation("SECOND_PROCESS_TURN"),
        model: "sonnet",
        directories: { home, config: home, cwd: home, tmp: home },
        maxTurns: 1,
        maxBudgetUsd: null,
        path: process.env["PATH"] ?? "",
        variables: {},
        turn: "00000000-0000-4000-8000-000000000001"
      },
      conversation: { id: "00000000-0000-4000-8000-000000000002", mode: "new" },
      prompt,
      limits: { total: 60, silent: 60, tool: 60, compaction: 60 },
      sink,
      redact: Redact.make([]),
      home: { open: () => Effect.void, close: () => Effect.succeed(null) },
      revoke: () => {},
      stopping: () => false,
      newId: Effect.succeed("00000000-0000-4000-8000-000000000003"),
      onEnd: () => Effect.void
    })
    return events
  }).pipe(Effect.provide(SubprocessRunner.layer))

const whoami = HttpRouter.add(
  "GET",
  "/whoami",
  Effect.gen(function* () {
    const { operator } = yield* Auth
    const { name } = yield* operator(yield* HttpServerRequest.HttpServerRequest)
    return HttpServerResponse.text(name)
  }).pipe(Effect.catch(({ status }) => Effect.succeed(HttpServerResponse.empty({ status }))))
)

/** Serves it at a port of the system's choice, as long as the scope; gives its URL. */
export const serve = (token: string) =>
  HttpRouter.serve(whoami, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provide(auth(token)),
    Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port: 0 })),
    Layer.build,
    Effect.map((built) => HttpServer.formatAddress(Context.get(built, HttpServer.HttpServer).address))
  )

const auth = (token: string) =>
  Auth.layer({
    token: Redacted.make(token),
    trustedProxies: [],
    edgeSecret: null,
    edgeSecretHeader: "x-edge",
    userHeader: "x-user",
    allowedUsers: null,
    publicOrigin: null,
    directUrl: null
  })
