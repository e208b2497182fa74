/** Requests as they come off the wire, nothing joined, nothing lowered, and what a server configured so makes of them. */
import { ConfigProvider, Effect } from "effect"
import { authenticate, type AuthSettings, type Secrets } from "../../../src/core/http/authenticate.ts"
import { Config, type Settings } from "../../../src/breakglass/config/Config.ts"
import { Api } from "../../../src/contract/breakglass/Api.ts"

export const settings = (env: Record<string, string>): Settings =>
  Effect.runSync(
    Effect.gen(function* () {
      return yield* Config
    }).pipe(
      Effect.provide(Config.layer),
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord({ HOME: "/home/op", ...env }))
    )
  )

export const token = "T".repeat(32)
export const edge = "E".repeat(32)
export const origin = "https://bg.example.org"
export const full: AuthSettings = settings({
  API_BEARER_TOKEN: token,
  BREAKGLASS_EDGE_SECRET: edge,
  BREAKGLASS_TRUSTED_PROXIES: "127.0.0.1/32",
  BREAKGLASS_ALLOWED_USERS: "alice,bob",
  BREAKGLASS_PUBLIC_ORIGIN: origin
}).auth
export const anyUser: AuthSettings = { ...full, allowedUsers: null }
export const anyHost: AuthSettings = { ...full, publicOrigin: null }

export const secrets = (settings: AuthSettings): Secrets => ({
  token: (given) => settings.token !== null && given === token,
  edge: (given) => settings.edgeSecret !== null && given === edge,
  cookie: (given) => settings.token !== null && given === "good"
})

export type Header = readonly [name: string, value: string]
export const host: Header = ["Host", "bg.example.org"]
export const bearer: Header = ["Authorization", `Bearer ${token}`]
export const cookie: Header = ["Cookie", "a=b; breakglass=good"]
export const cookies = (...cookies: ReadonlyArray<string>): Header => ["Cookie", cookies.join("; ")]
export const proof: Header = ["X-Breakglass-Edge", edge]
export const user = (value: string): Header => ["X-Authentik-Username", value]
export const proxied = [user("alice"), proof]
export interface Asked {
  readonly method?: string
  readonly peer?: string
  readonly isOwn?: () => boolean
  readonly settings?: AuthSettings
}
/** Who is admitted, or the status of the refusal. */
export const ask = (headers: ReadonlyArray<Header>, asked: Asked = {}): string | number => {
  const facts = {
    method: "GET",
    peer: "127.0.0.1",
    isOwn: () => false,
    local: "127.0.0.1:8080",
    rawHeaders: [host, ...headers].flat(),
    ...asked
  }
  const answer = authenticate(facts, asked.settings ?? full, secrets(asked.settings ?? full))
  return "via" in answer ? `${answer.via} ${answer.name}` : answer.status
}

/** Every route that there is. */
export const endpoints = Object.values(Api.groups).flatMap((group) => Object.values(group.endpoints))
