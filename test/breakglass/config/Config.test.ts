import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Redacted } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { Config, type Settings } from "../../../src/breakglass/config/Config.ts"

type Env = Readonly<Record<string, string>>
const home: Env = { HOME: "/home/op" }

const read = (env: Env, layer = Config.layer) =>
  Effect.gen(function* () {
    return yield* Config
  }).pipe(
    Effect.provide(layer),
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env))
  )
/** The one line with which the start is refused. */
const refused = (env: Env) => Effect.map(Effect.flip(read(env)), ({ message }) => message)

const secret = "S3cr3t-".repeat(5)
const shown = (value: Redacted.Redacted | null) => (value === null ? null : Redacted.value(value))
const proxies = ({ auth: { trustedProxies } }: Settings) =>
  ["198.51.100.7", "203.0.113.7", "2001:db8::7"].filter((peer) => trustedProxies.some(({ contains }) => contains(peer)))

interface Variable {
  readonly get: (settings: Settings) => unknown
  readonly unset: unknown
  readonly good: ReadonlyArray<readonly [given: string, read: unknown]>
  readonly bad: ReadonlyArray<string>
}
const word = (
  get: Variable["get"],
  unset: unknown,
  good: ReadonlyArray<string>,
  bad: ReadonlyArray<string>
): Variable => ({ get, unset, good: good.map((value) => [value, value] as const), bad })

const noNumbers = ["x", "1x", "1.5", "1e1", "0x10", " 1", "1 ", "+1", "1_0", "9".repeat(30), "1\n2"]
const whole = (get: Variable["get"], unset: number, least: number, most: number): Variable => ({
  ...{ get, unset, good: [least, most].map((value) => [String(value), value] as const) },
  bad: [String(least - 1), String(most + 1), ...noNumbers]
})
const programs = ["/opt/x y/bin", "name-2.1"]
const noPrograms = ["./x", "x y", "a/b", "~/x", "$(id)", "x;y", "/a\n/b"]
const headers = ["x-user", "remote-user2"]
const noHeaders = ["X-User", "x_user", "-x", "x user", "x:", "x\r\ny", "é", "x".repeat(65)]
const hosts = ["192.168.1.20", "fd00::2", "fe80::1%eth0", "fe80::fc:ff:fe00:1%br0.12", "vm-1.lan"]
const noHosts = ["-oProxyCommand=id", "a b", "a/b", "user@host", "[::1]", "a\nb", "$(id)", "x".repeat(254)]
const noZones = ["fe80::1%", "fe80::1%%h", "fe80::1%a/b", "fe80::1%eth 0", "vm%h", "10.0.0.1%eth0", "%eth0"]
const users = ["root", "_a-1"]
const noUsers = ["-l", "Root", "a b", "a@b", "a;b", "x".repeat(33), "é"]
const paths = ["/var/lib/breakglass", "/a.b_c-d/e"]
const noPaths = ["relative", "~/x", "/a\nb"]
const noNames = ["-x", "a b", "<b>", "a\nb", "é", "../x", "x".repeat(65)]
const origins = ["https://bg.example.org", "http://localhost:8080", "http://[::1]:8080"]
/** Beside what a browser calls the same place: it leaves out a scheme's own port, and shortens an address. */
const respelt: ReadonlyArray<readonly [given: string, sent: string]> = [
  ["https://bg.example.org:443", "https://bg.example.org"],
  ["http://bg.example.org:80", "http://bg.example.org"],
  ["https://bg.example.org:80", "https://bg.example.org:80"],
  ["https://bg.example.org:08443", "https://bg.example.org:8443"],
  ["http://[0:0:0:0:0:0:0:1]:80", "http://[::1]"]
]
const readOrigins = [...origins.map((value) => [value, value] as const), ...respelt]
const noOrigins = [
  "bg.example.org",
  "https://x.org/",
  "https://x.org/a",
  "https://X.org",
  "ftp://x",
  "null",
  "*",
  "https://",
  "https://:443",
  "https://x.org:",
  "https://x.org:65536",
  "https://[::1",
  "https://10.0.0.256",
  "https://x..org.:x"
]
const noSshPaths = [...noPaths, "/a b", "/a%h"]
const noProxies = ["10.0.0.0/33", "10.0.0", "proxy.local", "10.0.0.0/24;::1", "10.0.0.0/24 ::1"]
const state = "/home/op/.local/state/breakglass"

const variables: Readonly<Record<string, Variable>> = {
  API_BEARER_TOKEN: word(({ auth }) => shown(auth.token), null, [secret], [" ", "\t\n"]),
  HOST: word(
    ({ host }) => host,
    "127.0.0.1",
    ["0.0.0.0", "::", "::1", "localhost", "10.0.0.5", "fe80::1%eth0"],
    [...noHosts, ...noZones]
  ),
  PORT: whole(({ port }) => port, 8080, 0, 65535),
  BREAKGLASS_PUBLIC_ORIGIN: { ...word(({ auth }) => auth.publicOrigin, null, origins, noOrigins), good: readOrigins },
  BREAKGLASS_DIRECT_URL: { ...word(({ auth }) => auth.directUrl, null, origins, noOrigins), good: readOrigins },
  BREAKGLASS_TRUSTED_PROXIES: {
    ...{ get: proxies, unset: [], bad: noProxies },
    good: [
      ["198.51.100.0/24", ["198.51.100.7"]],
      [" 198.51.100.0/24 , 2001:db8::7,", ["198.51.100.7", "2001:db8::7"]]
    ]
  },
  BREAKGLASS_EDGE_SECRET: word(({ auth }) => shown(auth.edgeSecret), null, [secret], [" "]),
  BREAKGLASS_EDGE_SECRET_HEADER: word(({ auth }) => auth.edgeSecretHeader, "x-breakglass-edge", headers, noHeaders),
  BREAKGLASS_USER_HEADER: word(({ auth }) => auth.userHeader, "x-authentik-username", headers, noHeaders),
  BREAKGLASS_ALLOWED_USERS: {
    ...{
      get: ({ auth }) => auth.allowedUsers,
      unset: null,
      bad: [",", " ", " , ,", "agent", "Agent, alice", "token", "login", "demo", "server"]
    },
    good: [
      ["alice", ["alice"]],
      [" alice, bob ,", ["alice", "bob"]]
    ]
  },
  BREAKGLASS_SESSIONS_DIR: word(({ directory }) => directory, state, paths, ["/a b", "/a%h"]),
  BREAKGLASS_SESSION_QUOTA_MB: whole(({ quota }) => quota.session / 1024 ** 2, 512, 1, 1_000_000),
  BREAKGLASS_JOURNAL_QUOTA_MB: whole(({ quota }) => quota.total / 1024 ** 2, 2048, 1, 1_000_000),
  BREAKGLASS_TARGET_NAME: word(({ targets: [{ name }] }) => name, "devvm", ["web-1.lan", "x".repeat(64)], noNames),
  BREAKGLASS_VMID: word(({ targets: [{ vmid }] }) => vmid, "", ["102"], ["-1", "102;id", "x", "1 2", "1".repeat(10)]),
  BREAKGLASS_DEVVM_HOST: word(({ targets: [{ ssh }] }) => ssh.address, null, hosts, [...noHosts, ...noZones]),
  BREAKGLASS_DEVVM_USER: word(({ targets: [{ ssh }] }) => ssh.user, "breakglass", users, noUsers),
  BREAKGLASS_TARGET_HOST: word(({ targets: [{ ssh }] }) => ssh.address, null, hosts, [...noHosts, ...noZones]),
  BREAKGLASS_TARGET_USER: word(({ targets: [{ ssh }] }) => ssh.user, "breakglass", users, noUsers),
  BREAKGLASS_DEVVM_KNOWN_HOSTS: word(({ targets: [{ ssh }] }) => ssh.knownHosts, null, paths, noSshPaths),
  BREAKGLASS_PVE_HOST: word(({ targets: [{ pve }] }) => pve.address, null, hosts, [...noHosts, ...noZones]),
  BREAKGLASS_PVE_USER: word(({ targets: [{ pve }] }) => pve.user, "root", users, noUsers),
  BREAKGLASS_PVE_AUTH_SOCK: word(({ targets: [{ pve }] }) => pve.authSock, null, paths, noPaths),
  BREAKGLASS_KEY_PATH: word(({ targets: [{ pve }] }) => pve.keyPath, null, paths, noPaths),
  BREAKGLASS_PVE_KNOWN_HOSTS: word(
    ({ targets: [{ pve }] }) => pve.knownHosts,
    `${state}/known_hosts`,
    paths,
    noSshPaths
  ),
  BREAKGLASS_PVE_VERB_TIMEOUT_SECONDS: whole(({ targets: [{ pve }] }) => pve.timeout, 120, 1, 3600),
  BREAKGLASS_AGENT: word(({ agent }) => agent, "breakglass", ["other-2"], [...noNames, "a/b", "x.md", "X"]),
  BREAKGLASS_MODEL: word(({ model }) => model, "sonnet", ["opus", "haiku"], ["gpt", "--x", "Opus", "a,b"]),
  BREAKGLASS_MODELS: {
    ...{ get: ({ models }) => models, unset: ["sonnet", "opus", "haiku"], bad: [...noNames, "--settings", "X"] },
    good: [[" claude-x.1[1m], y", ["sonnet", "opus", "haiku", "claude-x.1[1m]", "y"]]]
  },
  BREAKGLASS_MAX_CONCURRENT_TURNS: whole(({ maxConcurrentTurns }) => maxConcurrentTurns, 2, 1, 100),
  BREAKGLASS_TURN_TIMEOUT_SECONDS: whole(({ turnTimeout }) => turnTimeout, 1800, 1, 86_400),
  BREAKGLASS_SILENCE_TIMEOUT_SECONDS: whole(({ silence }) => silence, 90, 1, 86_400),
  BREAKGLASS_COMPACTION_TIMEOUT_SECONDS: whole(({ compaction }) => compaction, 900, 1, 86_400),
  BREAKGLASS_MAX_TURNS: whole(({ maxTurns }) => maxTurns, 200, 1, 10_000),
  BREAKGLASS_MAX_BUDGET_USD: {
    ...{ get: ({ maxBudgetUsd }) => maxBudgetUsd, unset: null, bad: ["-1", "1.234", "x", "1e3", "$5", "123456", ".5"] },
    good: [
      ["5", 5],
      ["2.50", 2.5]
    ]
  },
  BREAKGLASS_SSE_KEEPALIVE_SECONDS: whole(({ keepalive }) => keepalive, 20, 1, 3600),
  BREAKGLASS_HEARTBEAT_FD: {
    ...{ get: ({ heartbeat }) => heartbeat, unset: null, bad: ["0", "2", "10", "-3", "x"] },
    good: [["3", 3]]
  },
  BREAKGLASS_CLAUDE: word(({ claude }) => claude, "claude", programs, noPrograms),
  BREAKGLASS_SSH: word(({ targets: [{ ssh }] }) => ssh.program, "ssh", programs, noPrograms)
}

describe("a variable", () => {
  for (const [name, { get, unset, good, bad }] of Object.entries(variables)) {
    it.effect(`${name} is ${JSON.stringify(unset)} when it is not set or empty, and what it is set to`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(get(yield* read(home)), unset)
        assert.deepStrictEqual(get(yield* read({ ...home, [name]: "" })), unset)
        for (const [given, value] of good)
          assert.deepStrictEqual(get(yield* read({ ...home, [name]: given })), value, given)
        assert.isNotEmpty(good)
      })
    )

    it.effect(
      `${name} stops the start when it is bad, with one line that says what it was given and what was expected`,
      () =>
        Effect.gen(function* () {
          for (const given of bad) {
            const message = yield* refused({ ...home, [name]: given })
            assert.match(message, new RegExp(`^${name} .*\\bexpected \\S.*$`), JSON.stringify(given))
            assert.notMatch(message, /[\n\r\u2028\u2029]/)
            const part = JSON.stringify(given.split(",")[0]?.slice(0, 40)).slice(1, -1)
            if (given.trim().replaceAll(",", "") !== "") assert.include(message, part)
            assert.isBelow(message.length, 300)
          }
        })
    )
  }

  it("is in this table when it is in docs/configuration.md", () => {
    const page = Fs.readFileSync(Path.resolve(import.meta.dirname, "../../../docs/configuration.md"), "utf8")
    const documented = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1] ?? "")
    assert.deepStrictEqual(documented.sort(), ["HOME", ...Object.keys(variables)].sort())
  })
})
