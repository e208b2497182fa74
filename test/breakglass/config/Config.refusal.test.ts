/** Combinations that would let anyone in do not start; secrets are said in no message and shown in no print. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, ConfigProvider, Effect } from "effect"
import { networkInterfaces } from "node:os"
import { inspect } from "node:util"
import { Config } from "../../../src/breakglass/config/Config.ts"

type Env = Readonly<Record<string, string>>

const read = (env: Env, layer = Config.layer) =>
  Effect.gen(function* () {
    return yield* Config
  }).pipe(
    Effect.provide(layer),
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env))
  )

const home = { HOME: "/home/op" }
const open = { ...home, HOST: "0.0.0.0" }
const short = "Zq7-4242-secret-of-31-character"
const long = `${short}s`
const wide = { BREAKGLASS_TRUSTED_PROXIES: "10.0.0.0/24, 0.0.0.0/0" }

/** What this machine is called on its networks, alone and within a range. */
const own = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .flatMap(({ address, family }) => [address, `${address}/${family === "IPv4" ? 30 : 120}`])

const unsafe: ReadonlyArray<readonly [fact: string, env: Env, named: string]> = [
  ["no HOME", {}, "HOME"],
  ["an empty HOME", { HOME: "" }, "HOME"],
  [
    "AUTH-02: a token of 31 characters where the network can reach it",
    { ...open, API_BEARER_TOKEN: short },
    "API_BEARER_TOKEN"
  ],
  ["AUTH-02: so on every address of IPv6", { ...home, HOST: "::", API_BEARER_TOKEN: short }, "API_BEARER_TOKEN"],
  ["AUTH-02: so on a name", { ...home, HOST: "bg.example.org", API_BEARER_TOKEN: short }, "API_BEARER_TOKEN"],
  [
    "AUTH-02: so on a name that looks like loopback",
    { ...home, HOST: "127.evil.example", API_BEARER_TOKEN: short },
    "API_BEARER_TOKEN"
  ],
  ["AUTH-02: an edge secret of 31 characters", { ...open, BREAKGLASS_EDGE_SECRET: short }, "BREAKGLASS_EDGE_SECRET"],
  [
    "AUTH-02: beside a long token too",
    { ...open, API_BEARER_TOKEN: long, BREAKGLASS_EDGE_SECRET: short },
    "BREAKGLASS_EDGE_SECRET"
  ],
  ["AUTH-02: a blank token", { ...home, API_BEARER_TOKEN: " \t" }, "API_BEARER_TOKEN"],
  ["AUTH-02: a blank edge secret", { ...home, BREAKGLASS_EDGE_SECRET: " " }, "BREAKGLASS_EDGE_SECRET"],
  ["AUTH-02: a token that ends in a newline", { ...home, API_BEARER_TOKEN: `${long}\n` }, "API_BEARER_TOKEN"],
  [
    "AUTH-02: an edge secret with a blank in it",
    { ...home, BREAKGLASS_EDGE_SECRET: `a ${long}` },
    "BREAKGLASS_EDGE_SECRET"
  ],
  ["AUTH-02: every address trusted, and no edge secret", { ...home, ...wide }, "BREAKGLASS_TRUSTED_PROXIES"],
  ["AUTH-02: so beside a token", { ...home, ...wide, API_BEARER_TOKEN: long }, "BREAKGLASS_TRUSTED_PROXIES"],
  [
    "AUTH-02: all of IPv4 under another name",
    { ...home, BREAKGLASS_TRUSTED_PROXIES: "::ffff:0:0/96" },
    "BREAKGLASS_TRUSTED_PROXIES"
  ],
  ...[
    "127.0.0.1",
    "::1",
    "127.0.0.0/8",
    "127.0.0.5",
    "127.9.0.0/16",
    "198.51.100.0/24, 127.0.0.1/32",
    "::ffff:127.0.0.1",
    ...own
  ].map((proxies): (typeof unsafe)[number] => [
    `AUTH-02: an address of this machine trusted, and no edge secret: ${proxies}`,
    { ...home, API_BEARER_TOKEN: long, BREAKGLASS_TRUSTED_PROXIES: proxies },
    "BREAKGLASS_TRUSTED_PROXIES"
  ]),
  ["a list of users that names nobody", { ...home, BREAKGLASS_ALLOWED_USERS: " , " }, "BREAKGLASS_ALLOWED_USERS"]
]

const safe: ReadonlyArray<readonly [fact: string, env: Env]> = [
  ["nothing configured: then nobody is let in", open],
  ["a short token on loopback", { ...home, HOST: "127.0.0.1", API_BEARER_TOKEN: short }],
  ["a short token on another address of loopback", { ...home, HOST: "127.1.2.3", API_BEARER_TOKEN: short }],
  [
    "a short token on ::1 or localhost",
    { ...home, HOST: "::1", API_BEARER_TOKEN: short, BREAKGLASS_EDGE_SECRET: short }
  ],
  ["a short token on localhost", { ...home, HOST: "localhost", API_BEARER_TOKEN: short }],
  ["a token of 32 characters anywhere", { ...open, API_BEARER_TOKEN: long }],
  ["an edge secret of 32 characters, from any address", { ...open, ...wide, BREAKGLASS_EDGE_SECRET: long }],
  ["a proxy's own network", { ...open, BREAKGLASS_TRUSTED_PROXIES: "198.51.100.0/24" }],
  [
    "an address of this machine, with the edge secret",
    { ...open, BREAKGLASS_TRUSTED_PROXIES: "127.0.0.1, ::1", BREAKGLASS_EDGE_SECRET: long }
  ]
]

describe("the start", () => {
  for (const [fact, env, named] of unsafe) {
    it.effect(`is refused: ${fact}`, () =>
      Effect.gen(function* () {
        const { message } = yield* Effect.flip(read(env))
        assert.match(message, new RegExp(`^${named} .*\\bexpected \\S`))
        assert.notInclude(message, "\n")
      })
    )
  }

  for (const [fact, env] of safe) {
    it.effect(`is allowed: ${fact}`, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* read(env)).host, env["HOST"])
      })
    )
  }
})

describe("a secret", () => {
  const model = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"]
  const names = ["API_BEARER_TOKEN", "BREAKGLASS_EDGE_SECRET", ...model]
  const secrets = Object.fromEntries(names.map((name) => [name, `${name}-${short}`]))

  const bad: ReadonlyArray<Env> = [
    { HOST: "-x" },
    { PORT: "x" },
    { HOME: "" },
    { BREAKGLASS_MODEL: "x" },
    { BREAKGLASS_ALLOWED_USERS: "," },
    { HOST: "0.0.0.0", API_BEARER_TOKEN: short },
    { HOST: "0.0.0.0", BREAKGLASS_EDGE_SECRET: short }
  ]
  it.effect("is in no message, whatever is refused", () =>
    Effect.gen(function* () {
      for (const env of bad) {
        const exit = yield* Effect.exit(read({ ...home, ...secrets, ...env }))
        assert.strictEqual(exit._tag, "Failure")
        const shown = exit._tag === "Failure" ? [Cause.pretty(exit.cause), inspect(exit, { depth: null })] : []
        assert.deepStrictEqual(
          shown.filter((text) => text.includes("Zq7-4242")),
          []
        )
      }
    })
  )

  it.effect("is shown by no print of what was read", () =>
    Effect.gen(function* () {
      const settings = yield* read({ ...home, ...secrets })
      assert.isNotNull(settings.auth.token)
      assert.notInclude(JSON.stringify(settings), "Zq7-4242")
      assert.notInclude(inspect(settings, { depth: null, showHidden: true }), "Zq7-4242")
    })
  )
})

describe("the demo", () => {
  it.effect("takes its port from the environment, and nothing else", () =>
    Effect.gen(function* () {
      const env = {
        ...open,
        PORT: "9000",
        API_BEARER_TOKEN: long,
        BREAKGLASS_PVE_HOST: "10.0.0.1",
        BREAKGLASS_MODEL: "opus"
      }
      const settings = yield* read(env, Config.layerDemo("/tmp/demo"))
      const { host, port, auth, targets, model, directory } = settings
      assert.deepStrictEqual(
        [host, port, auth.token, targets[0].pve.address, model, directory],
        ["127.0.0.1", 9000, null, null, "sonnet", "/tmp/demo"]
      )
    })
  )
})

describe("a variable with an older name", () => {
  for (const [name, older] of [
    ["BREAKGLASS_TARGET_HOST", "BREAKGLASS_DEVVM_HOST"],
    ["BREAKGLASS_TARGET_USER", "BREAKGLASS_DEVVM_USER"]
  ] as const) {
    it.effect(`${name} and its older name may say the same, and are refused when they differ`, () =>
      Effect.gen(function* () {
        const [{ ssh }] = (yield* read({ ...home, [name]: "one", [older]: "one" })).targets
        assert.include([ssh.address, ssh.user], "one")
        const { message } = yield* Effect.flip(read({ ...home, [name]: "one", [older]: "two" }))
        assert.strictEqual(message, `${name} and ${older} are two names of one setting and differ; set one of them`)
        // One that is refused for its value is named as it was written.
        const wrong = yield* Effect.flip(read({ ...home, [older]: "-x" }))
        assert.match(wrong.message, new RegExp(`^${older} is "-x"`))
      })
    )
  }
})
