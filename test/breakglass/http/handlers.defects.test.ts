/** HTTP-13: every service behind the routes fails as nobody foresaw; the routes themselves are the real ones. */
import { assert, describe, it } from "@effect/vitest"
import { NodeServices } from "@effect/platform-node"
import { Cause, ConfigProvider, Effect, Layer, Logger } from "effect"
import { afterAll, beforeAll } from "vitest"
import { Auth } from "../../../src/core/http/Auth.ts"
import { Cli } from "../../../src/core/claude/ClaudeCheck.ts"
import { Config } from "../../../src/breakglass/config/Config.ts"
import { Doctor } from "../../../src/breakglass/ops/Doctor.ts"
import { Journal } from "../../../src/core/journal/Journal.ts"
import { LogRegistry } from "../../../src/core/log/LogRegistry.ts"
import * as Server from "../../../src/breakglass/http/Server.ts"
import { Session } from "../../../src/breakglass/session/Session.ts"
import { token } from "../../support/server/project.ts"
import { assertHeaders } from "../../support/http/headers.ts"
import { raw } from "../../support/http/raw.ts"
import { targets } from "../../support/power/targets.ts"
import { endpoints } from "../../support/http/requests.ts"

/** Routes that need none of the services. */
const unharmed = [
  "GET /health",
  "GET /openapi.json",
  "GET /docs",
  "GET /api/pve/verbs",
  "POST /api/login",
  "POST /api/logout"
]

const secret = "zq-detail-zq /etc/breakglass"
const broken = Effect.die(new Error(secret))
const services = Layer.mergeAll(
  // What is not named here dies as unimplemented when it is used.
  Layer.mock(Session, { create: broken, list: () => broken, running: broken, cancel: () => broken }),
  targets({
    power: {
      list: broken,
      start: () => broken,
      attach: () => {
        throw new Error(secret)
      }
    }
  }),
  Layer.mock(Journal, { writable: broken, page: () => Effect.succeed([]) }),
  Layer.mock(Doctor, { examine: broken }),
  Layer.mock(Cli, { trouble: broken }),
  LogRegistry.layer
)

describe("HTTP-13 a defect", () => {
  const logged: Array<string> = []
  let url = ""
  let stop = () => Promise.resolve()
  beforeAll(async () => {
    const env = { HOME: "/nonexistent", API_BEARER_TOKEN: token, PORT: "0" }
    let listening = () => {}
    const listens = new Promise<void>((settle) => (listening = settle))
    const log = Logger.make<unknown, void>(({ message, cause }) => {
      logged.push(`${String(message)} ${Cause.pretty(cause)}`)
      const [, at] = /^Listening on (http:\S+)/.exec(String(message)) ?? []
      if (at === undefined) return
      url = at
      listening()
    })
    const main = Server.layer({ demo: false }).pipe(
      Layer.provide([Layer.unwrap(Effect.map(Config, (settings) => Auth.layer(settings.auth))), services]),
      Layer.provide(Config.layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(env))))),
      Layer.provide(NodeServices.layer),
      Layer.provide(Logger.layer([log]))
    )
    const aborted = new AbortController()
    const running = Effect.runPromiseExit(Layer.launch(main), { signal: aborted.signal })
    await Promise.race([listens, running.then((exit) => assert.fail(JSON.stringify(exit)))])
    stop = async () => {
      aborted.abort()
      await running
    }
  })
  afterAll(() => stop())

  const bodies: Readonly<Record<string, string>> = {
    "PATCH /api/session/:id": JSON.stringify({ archived: true }),
    "/api/session/:id/prompt": '{"prompt":"x"}',
    "/api/pve/ops": '{"verb":"status","op_id":"00000000-0000-4000-8000-000000000000"}'
  }
  const headers = [`Authorization: Bearer ${token}`, "Content-Type: application/json"]
  const ask = (method: string, path: string) =>
    raw(url, {
      line: `${method} ${path.replace(":verb", "status").replace(":event", "0").replaceAll(/:\w+/g, "x")}`,
      headers,
      body: method === "GET" ? "" : (bodies[`${method} ${path}`] ?? bodies[path] ?? "{}")
    })

  for (const { method, path } of endpoints.filter(({ method, path }) => !unharmed.includes(`${method} ${path}`))) {
    it(`in ${method} ${path} is a 500 that tells only where the log has it; the server lives`, async () => {
      const before = logged.length
      const { status, headers, body } = await ask(method, path)
      assert.deepStrictEqual([status, headers.get("content-type")], [500, "application/problem+json"])
      const { instance, ...fixed } = JSON.parse(body) as Record<string, unknown>
      assert.deepStrictEqual(fixed, {
        type: "about:blank",
        title: "Internal Server Error",
        status: 500,
        detail: "The server failed inside this request; its log has the cause, under this instance."
      })
      assert.match(String(instance), /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      assertHeaders(headers, { "content-type": "application/problem+json", vary: "Accept-Encoding" })
      const told = logged.slice(before).filter((line) => line.includes(String(instance)))
      assert.strictEqual(told.length, 1)
      assert.match(told[0] ?? "", /zq-detail-zq|Unimplemented/)
      assert.strictEqual((await ask("GET", "/health")).status, 200)
    })
  }

  it("is in every route but those that need no service", async () => {
    assert.isAbove(endpoints.length, unharmed.length + 10)
    for (const route of unharmed) {
      const [method = "", path = ""] = route.split(" ")
      assert.isBelow((await ask(method, path)).status, 500, route)
    }
  })
})
