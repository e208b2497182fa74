/**
 * Every knob of this process, its default, and the reason where that is not obvious. A bad value stops the start with
 * one line that names the variable, what it was given and what it takes; a secret's value is never repeated.
 */
import { Config as C, ConfigProvider, Context, Effect, Layer, Redacted } from "effect"
import * as Path from "node:path"
import type { AuthSettings } from "../../core/http/authenticate.ts"
import type { Quota } from "../../core/journal/types.ts"
import { parseCidr } from "../../core/settings/cidr.ts"
import { isReserved, reservedNames } from "../../contract/Operator.ts"
import { isOwn, ownAddresses } from "../../core/settings/ownAddresses.ts"
import {
  checked,
  ConfigRefused,
  eitherName,
  list,
  optional,
  optionalWord,
  origin,
  secret,
  sshPath,
  whole,
  word
} from "../../core/settings/variable.ts"
import type { AtLeastOne, TargetSettings } from "../target/Targets.ts"

export interface Settings {
  readonly host: string
  readonly port: number
  readonly auth: AuthSettings
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

  /** Of the environment only PORT; whatever else is set belongs to a real server. */
  static readonly layerDemo = (directory: string) =>
    Layer.effect(
      Config,
      Effect.gen(function* () {
        const port = yield* whole("PORT", 8080, 0, 65535)
        const provider = ConfigProvider.fromEnvRecord({ HOME: directory, BREAKGLASS_SESSIONS_DIR: directory })
        return { ...(yield* Effect.provideService(settings, ConfigProvider.ConfigProvider, provider)), port }
      })
    )
}

/** The start is refused when anyone on the network could guess or claim an identity. */
const refusal = ({ host, auth }: Settings): string | null => {
  const secrets = [
    ["API_BEARER_TOKEN", auth.token],
    ["BREAKGLASS_EDGE_SECRET", auth.edgeSecret]
  ] as const
  for (const [name, secret] of secrets) {
    const length = secret === null ? 32 : Redacted.value(secret).length
    if (length < 32 && !loopback(host)) {
      return `${name} has ${length} characters; with HOST=${host} it takes at least 32`
    }
  }
  if (auth.edgeSecret === null && auth.trustedProxies.some(({ wide }) => wide)) {
    return "BREAKGLASS_TRUSTED_PROXIES trusts addresses by the million; without BREAKGLASS_EDGE_SECRET it takes the proxy's own CIDRs"
  }
  const ranges = auth.trustedProxies
  const within = [...ranges.map(({ address }) => address).filter(isOwn), ...ownAddresses()]
  const own = within.find((address) => ranges.some(({ contains }) => contains(address)))
  if (auth.edgeSecret === null && own !== undefined) {
    return (
      `BREAKGLASS_TRUSTED_PROXIES trusts ${own}, an address of this machine, where every program could name itself an ` +
      "operator, the agent's too; without BREAKGLASS_EDGE_SECRET it takes addresses of other machines"
    )
  }
  return null
}

export const loopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(\.[0-9]{1,3}){3}$/.test(host)

const secretNames = [
  "API_BEARER_TOKEN",
  "BREAKGLASS_EDGE_SECRET",
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "CLAUDE_CODE_OAUTH_TOKEN"
]

/** A link-local address of IPv6 is one only with its interface, as in fe80::1%eth0. */
const hostname = /^([A-Za-z0-9:][A-Za-z0-9.:_-]{0,252}|[A-Fa-f0-9:]*:[A-Fa-f0-9:]*%[A-Za-z0-9][A-Za-z0-9._-]{0,14})$/
const user = /^[a-z_][a-z0-9_-]{0,31}$/
const headerName = /^[a-z0-9][a-z0-9-]{0,63}$/
const modelName = /^[a-z0-9][a-z0-9.[\]-]{0,63}$/
const program = /^(\/.*|[A-Za-z0-9._-]+)$/

/** The variables name one target. Its log has been called "vm" since before it had a name, and journals hold that. */
const target = Effect.fnUntraced(function* (directory: string) {
  const ssh = yield* word("BREAKGLASS_SSH", "ssh", program, "a program name or an absolute path")
  const address = yield* eitherName("BREAKGLASS_TARGET_HOST", "BREAKGLASS_DEVVM_HOST")
  const login = yield* eitherName("BREAKGLASS_TARGET_USER", "BREAKGLASS_DEVVM_USER")
  const settings: TargetSettings = {
    id: "vm",
    name: yield* word("BREAKGLASS_TARGET_NAME", "devvm", /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "a name to show people"),
    vmid: yield* word("BREAKGLASS_VMID", "", /^[0-9]{0,9}$/, "the VM's number on its host"),
    ssh: {
      program: ssh,
      address: yield* optionalWord(address, hostname, "a host name or address"),
      user: yield* word(login, "breakglass", user, "a user name"),
      knownHosts: yield* optionalWord("BREAKGLASS_DEVVM_KNOWN_HOSTS", sshPath, "an absolute path without a blank or %")
    },
    pve: {
      ssh,
      // An address, not a name: an incident may take DNS with it.
      address: yield* optionalWord("BREAKGLASS_PVE_HOST", hostname, "an address"),
      user: yield* word("BREAKGLASS_PVE_USER", "root", user, "a user name"),
      authSock: yield* optionalWord("BREAKGLASS_PVE_AUTH_SOCK", /^\/.*$/, "an absolute path"),
      keyPath: yield* optionalWord("BREAKGLASS_KEY_PATH", /^\/.*$/, "an absolute path"),
      knownHosts: yield* word(
        "BREAKGLASS_PVE_KNOWN_HOSTS",
        Path.join(directory, "known_hosts"),
        sshPath,
        "an absolute path without a blank or %"
      ),
      timeout: yield* whole("BREAKGLASS_PVE_VERB_TIMEOUT_SECONDS", 120, 1, 3600)
    }
  }
  return settings
})

const settings: Effect.Effect<Settings, ConfigRefused | C.ConfigError> = Effect.gen(function* () {
  const home = yield* C.String("HOME").pipe(
    Effect.mapError(
      () =>
        new ConfigRefused({ message: "HOME is not set; it takes the directory the agent keeps its conversations in" })
    )
  )
  const models = ["sonnet", "opus", "haiku", ...(yield* list("BREAKGLASS_MODELS"))]
  const badModel = models.find((model) => !modelName.test(model))
  if (badModel !== undefined) {
    return yield* new ConfigRefused({
      message: `BREAKGLASS_MODELS holds ${JSON.stringify(badModel)}; it takes model names, comma separated`
    })
  }
  const trustedProxies = yield* Effect.forEach(yield* list("BREAKGLASS_TRUSTED_PROXIES"), (text) => {
    const cidr = parseCidr(text)
    return cidr === null
      ? Effect.fail(
          new ConfigRefused({
            message: `BREAKGLASS_TRUSTED_PROXIES holds ${JSON.stringify(text)}; it takes CIDRs such as 10.0.0.0/24, comma separated`
          })
        )
      : Effect.succeed(cidr)
  })
  const allowed = yield* list("BREAKGLASS_ALLOWED_USERS")
  const allowedSet = yield* optional(C.String("BREAKGLASS_ALLOWED_USERS"))
  if (allowedSet !== null && allowed.length === 0) {
    return yield* new ConfigRefused({
      message: "BREAKGLASS_ALLOWED_USERS names nobody; it takes user names, or must not be set"
    })
  }
  const reserved = allowed.find(isReserved)
  if (reserved !== undefined) {
    return yield* new ConfigRefused({
      message: `BREAKGLASS_ALLOWED_USERS holds ${JSON.stringify(reserved)}; it takes none of ${reservedNames.join(", ")}, which this server calls others`
    })
  }
  const model = yield* checked(
    "BREAKGLASS_MODEL",
    C.String("BREAKGLASS_MODEL").pipe(C.withDefault("sonnet")),
    (name) => models.includes(name),
    `one of ${models.join(", ")} (BREAKGLASS_MODELS adds more)`
  )
  const budget = yield* optionalWord(
    "BREAKGLASS_MAX_BUDGET_USD",
    /^[0-9]{1,5}(\.[0-9]{1,2})?$/,
    "dollars a turn, such as 5 or 2.50"
  )

  const heartbeat = yield* optionalWord("BREAKGLASS_HEARTBEAT_FD", /^[3-9]$/, "a number from 3 to 9")

  const secrets = yield* Effect.forEach(secretNames, (name) =>
    Effect.map(optional(C.Redacted(name)), (value) => [name, value === null ? "" : Redacted.value(value)] as const)
  )
  const state = Path.join(home, ".local/state/breakglass")
  const directory = yield* word("BREAKGLASS_SESSIONS_DIR", state, sshPath, "an absolute path without a blank or %")

  const read: Settings = {
    host: yield* word("HOST", "127.0.0.1", hostname, "an address to listen on"),
    port: yield* whole("PORT", 8080, 0, 65535),
    auth: {
      publicOrigin: yield* origin("BREAKGLASS_PUBLIC_ORIGIN"),
      directUrl: yield* origin("BREAKGLASS_DIRECT_URL"),
      token: yield* secret("API_BEARER_TOKEN"),
      trustedProxies,
      edgeSecret: yield* secret("BREAKGLASS_EDGE_SECRET"),
      edgeSecretHeader: yield* word(
        "BREAKGLASS_EDGE_SECRET_HEADER",
        "x-breakglass-edge",
        headerName,
        "a header name, lower case"
      ),
      userHeader: yield* word(
        "BREAKGLASS_USER_HEADER",
        "x-authentik-username",
        headerName,
        "a header name, lower case"
      ),
      allowedUsers: allowed.length === 0 ? null : allowed
    },
    directory,
    formerConfig: Path.join(home, ".claude"),
    quota: {
      session: (yield* whole("BREAKGLASS_SESSION_QUOTA_MB", 512, 1, 1_000_000)) * 1024 * 1024,
      total: (yield* whole("BREAKGLASS_JOURNAL_QUOTA_MB", 2048, 1, 1_000_000)) * 1024 * 1024
    },
    agent: yield* word(
      "BREAKGLASS_AGENT",
      "breakglass",
      /^[a-z][a-z0-9-]{0,63}$/,
      "the name of a file in agents/, without .md"
    ),
    model,
    models,
    claude: yield* word("BREAKGLASS_CLAUDE", "claude", program, "a program name or an absolute path"),
    path: yield* C.String("PATH").pipe(C.withDefault("/usr/bin:/bin")),
    maxConcurrentTurns: yield* whole("BREAKGLASS_MAX_CONCURRENT_TURNS", 2, 1, 100),
    // A loop of one model call a second still ends within minutes; a long repair has needed about sixty.
    maxTurns: yield* whole("BREAKGLASS_MAX_TURNS", 200, 1, 10_000),
    maxBudgetUsd: budget === null ? null : Number(budget),
    turnTimeout: yield* whole("BREAKGLASS_TURN_TIMEOUT_SECONDS", 1800, 1, 86_400),
    // Silence while no command runs. The CLI itself would wait for minutes, and on a stalled stream for ever.
    silence: yield* whole("BREAKGLASS_SILENCE_TIMEOUT_SECONDS", 90, 1, 86_400),
    // The model writes a summary of some ten thousand words: reports have a median of 156 s.
    compaction: yield* whole("BREAKGLASS_COMPACTION_TIMEOUT_SECONDS", 900, 1, 86_400),
    // Proxies cut silent connections, the strictest common one after 30 s.
    keepalive: yield* whole("BREAKGLASS_SSE_KEEPALIVE_SECONDS", 20, 1, 3600),
    heartbeat: heartbeat === null ? null : Number(heartbeat),
    targets: [yield* target(directory)],
    credential: secrets.slice(2).find(([, value]) => value !== "")?.[0] ?? null,
    secrets: secrets.map(([, value]) => Redacted.make(value))
  }
  const unsafe = refusal(read)
  return unsafe === null ? read : yield* new ConfigRefused({ message: unsafe })
})
