/**
 * The settings of this process, from its environment. A bad value stops the start with one line that names the variable,
 * what it was given and what was expected; a secret's value is never repeated.
 */
import { Config as C, ConfigProvider, Context, Effect, Layer, Redacted } from "effect"
import * as Path from "node:path"
import type { AuthSettings } from "../../core/http/authenticate.ts"
import type { Quota } from "../../core/journal/types.ts"
import { type ConfigRefused, optionalSecret, readAll, refuse, refused } from "../../core/settings/variable.ts"
import type { AtLeastOne, TargetSettings } from "../target/Targets.ts"
import { unsafe } from "./unsafe.ts"
import { variables } from "./variables.ts"

export interface Settings {
  readonly host: string
  readonly port: number
  readonly auth: AuthSettings
  /** The sessions directory. */
  readonly directory: string
  /** Where the CLI kept its configuration when each turn had the server's HOME. */
  readonly formerConfig: string
  readonly quota: Quota
  readonly agent: string
  readonly model: string
  readonly models: ReadonlyArray<string>
  readonly claude: string
  readonly path: string
  readonly maxConcurrentTurns: number
  readonly maxTurns: number
  readonly maxBudgetUsd: number | null
  /** Seconds. */
  readonly turnTimeout: number
  readonly silence: number
  readonly compaction: number
  readonly keepalive: number
  /** The descriptor on which `deploy/with-keys` waits for signs of life. */
  readonly heartbeat: number | null
  readonly targets: AtLeastOne<TargetSettings>
  /** The name of the variable that holds the model's credential. */
  readonly credential: string | null
  /** Values that must never be shown, whoever prints them. */
  readonly secrets: ReadonlyArray<Redacted.Redacted>
}

export class Config extends Context.Service<Config, Settings>()("breakglass/Config") {
  static readonly layer = Layer.effect(
    Config,
    Effect.suspend(() => settings)
  )

  /** Only PORT is read from the environment; whatever else is set belongs to a real server. */
  static readonly layerDemo = (directory: string) =>
    Layer.effect(
      Config,
      Effect.gen(function* () {
        const port = yield* variables.port.read
        const provider = ConfigProvider.fromEnvRecord({ HOME: directory, BREAKGLASS_SESSIONS_DIR: directory })
        return { ...(yield* Effect.provideService(settings, ConfigProvider.ConfigProvider, provider)), port }
      })
    )
}

type Values = Effect.Success<ReturnType<typeof readAll<typeof variables>>>

/** The model's credentials, of which one is needed. */
const credentialNames = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"]
const mebibyte = 1024 * 1024

const settings: Effect.Effect<Settings, ConfigRefused | C.ConfigError> = Effect.gen(function* () {
  const set = yield* readAll(variables)
  const models = ["sonnet", "opus", "haiku", ...(set.models ?? [])]
  if (!models.includes(set.model)) {
    return yield* refuse("BREAKGLASS_MODEL", set.model, `one of ${models.join(", ")} (BREAKGLASS_MODELS adds more)`)
  }
  if (set.allowedUsers?.length === 0) {
    return yield* refused("BREAKGLASS_ALLOWED_USERS names nobody; expected user names, or that it is not set")
  }
  const credentials = yield* Effect.forEach(credentialNames, optionalSecret)
  const directory = set.directory ?? Path.join(set.home, ".local/state/breakglass")
  const read: Settings = {
    host: set.host,
    port: set.port,
    auth: authOf(set),
    directory,
    formerConfig: Path.join(set.home, ".claude"),
    quota: { session: set.sessionQuota * mebibyte, total: set.journalQuota * mebibyte },
    agent: set.agent,
    model: set.model,
    models,
    claude: set.claude,
    path: yield* C.String("PATH").pipe(C.withDefault("/usr/bin:/bin")),
    maxConcurrentTurns: set.maxConcurrentTurns,
    maxTurns: set.maxTurns,
    maxBudgetUsd: set.maxBudgetUsd === null ? null : Number(set.maxBudgetUsd),
    turnTimeout: set.turnTimeout,
    silence: set.silence,
    compaction: set.compaction,
    keepalive: set.keepalive,
    heartbeat: set.heartbeat === null ? null : Number(set.heartbeat),
    targets: [targetOf(set, directory)],
    credential: credentialNames.find((_, at) => credentials[at] !== null) ?? null,
    secrets: [set.token, set.edgeSecret, ...credentials].map((secret) => secret ?? Redacted.make(""))
  }
  const reason = unsafe(read.host, read.auth)
  return reason === null ? read : yield* refused(reason)
})

const authOf = (set: Values): AuthSettings => ({
  publicOrigin: set.publicOrigin,
  directUrl: set.directUrl,
  token: set.token,
  trustedProxies: set.trustedProxies ?? [],
  edgeSecret: set.edgeSecret,
  edgeSecretHeader: set.edgeSecretHeader,
  userHeader: set.userHeader,
  allowedUsers: set.allowedUsers
})

/** The variables name one target. Its log has been called "vm" since before it had a name, and journals hold that. */
const targetOf = (set: Values, directory: string): TargetSettings => ({
  id: "vm",
  name: set.targetName,
  vmid: set.vmid ?? "",
  ssh: { program: set.ssh, address: set.targetHost, user: set.targetUser, knownHosts: set.targetKnownHosts },
  pve: {
    ssh: set.ssh,
    address: set.pveHost,
    user: set.pveUser,
    authSock: set.pveAuthSock,
    keyPath: set.pveKeyPath,
    knownHosts: set.pveKnownHosts ?? Path.join(directory, "known_hosts"),
    timeout: set.verbTimeout
  }
})
