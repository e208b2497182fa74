import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { execFileSync } from "node:child_process"
import { options as sshOptions } from "../../../src/breakglass/power/sshToHost.ts"
import { type Exited, SpawnFailed } from "../../../src/core/process/SubprocessRunner.ts"
import { settings } from "../../support/http/requests.ts"
import { ask, env, line, opId } from "../../support/power/ssh.ts"

const keyed = { BREAKGLASS_KEY_PATH: "/secrets/pve key", BREAKGLASS_PVE_AUTH_SOCK: "/run/pve.sock" }

/** Each as `-o name=value` would say it. */
const common = [
  ...["ConnectTimeout=5", "ServerAliveInterval=5", "ServerAliveCountMax=3", "StrictHostKeyChecking=yes"],
  ...["UserKnownHostsFile=/var/lib/breakglass/known_hosts", "GlobalKnownHostsFile=/dev/null", "UpdateHostKeys=no"],
  ...["ControlMaster=no", "ControlPath=none", "ForwardAgent=no", "ClearAllForwardings=yes"]
]
const given = (options: ReadonlyArray<string>) => options.flatMap((option) => ["-o", option])
const plain = ["-F", "none", "-T", ...given(["BatchMode=yes", "IdentityAgent=none", "IdentityFile=none", ...common])]
const withKey = [
  ...["-F", "none", "-T", "-i", "/secrets/pve key"],
  ...given(["BatchMode=yes", "IdentityAgent=/run/pve.sock", "IdentityFile=none", "IdentitiesOnly=yes", ...common])
]

const lost: Exited = { code: 255, signal: null }

describe("what ssh is given", () => {
  for (const [what, variables, options] of [
    ["without a key of the host's", env, plain],
    ["with one", { ...env, ...keyed }, withKey]
  ] as const) {
    it.effect(`PVE-11: is this and no more, ${what}`, () =>
      Effect.gen(function* () {
        const { started } = yield* ask({}, "cycle", { ...variables, BREAKGLASS_PVE_USER: "breakglass" })
        const args = [...options, "breakglass@192.168.1.127", `cycle ${opId}`]
        assert.deepStrictEqual(started, [{ file: "ssh", args, inherit: ["PATH", "HOME"], env: { LC_ALL: "C" } }])
      })
    )

    it(`PVE-11: is understood by the real ssh, ${what}`, () => {
      const [{ pve }] = settings(variables).targets
      const read = execFileSync("ssh", ["-G", ...sshOptions(pve), "root@192.168.1.127"], {
        encoding: "utf8",
        stdio: "pipe"
      })
      const lines = read.toLowerCase().split("\n")
      for (const wanted of [
        "batchmode yes",
        "stricthostkeychecking true",
        "userknownhostsfile /var/lib/breakglass/known_hosts",
        "globalknownhostsfile /dev/null",
        "controlmaster false",
        "forwardagent no",
        "clearallforwardings yes",
        "requesttty false",
        "serveraliveinterval 5",
        "connecttimeout 5",
        `identityagent ${pve.authSock ?? "none"}`
      ]) {
        assert.include(lines, wanted)
      }
      // The key of this test is not there; no other takes its place.
      assert.deepStrictEqual(read.match(/^identityfile .+/gm), ["identityfile none"])
      assert.notMatch(read, /^proxycommand/m)
    })
  }
})

const host = "192.168.1.127"
/** What ssh (OpenSSH 9.2) and the host's script end with, and what is made of it. */
const outcomes: ReadonlyArray<readonly [what: string, outcome: string, exited: Exited, stderr?: string]> = [
  ["the verb's 0", "ok", { code: 0, signal: null }],
  ["the verb's 0, whatever it says", "ok", { code: 0, signal: null }, "Host key verification failed.\n"],
  ...[1, 20, 78, 126, 127, 254].map(
    (code) => [`the verb's ${code}`, "failed", { code, signal: null }, "Permission denied\n"] as const
  ),
  ["the verb's 2", "rejected", { code: 2, signal: null }],
  ["the verb's 75", "busy", { code: 75, signal: null }],
  ...["SIGKILL", "SIGTERM", "SIGHUP"].map((signal) => [`${signal}`, "unknown", { code: null, signal }] as const),
  ["255 without a word", "unknown", lost],
  [
    "a key that is not pinned",
    "host_key",
    lost,
    "No ED25519 host key is known for x and you have requested strict checking.\r\n"
  ],
  ["a key that changed", "host_key", lost, "@@@@\nsomething nasty\nHost key verification failed.\r\n"],
  ["no key that is let in", "auth", lost, `root@${host}: Permission denied (publickey,password).\r\n`],
  ["too many keys", "auth", lost, `Received disconnect from ${host} port 22:2: Too many authentication failures\r\n`],
  ["refused", "unreachable", lost, `ssh: connect to host ${host} port 22: Connection refused\r\n`],
  ["no answer", "unreachable", lost, `ssh: connect to host ${host} port 22: Connection timed out\r\n`],
  ["no route", "unreachable", lost, `ssh: connect to host ${host} port 22: No route to host\r\n`],
  ["no name", "unreachable", lost, "ssh: Could not resolve hostname pve: Name or service not known\r\n"],
  [
    "a key that changed, in the words of 10",
    "host_key",
    lost,
    `Host key for ${host} has changed and you have requested strict checking.\r\n`
  ],
  ["PVE-02: silence after accept", "unreachable", lost, "Connection timed out during banner exchange\r\n"],
  [
    "PVE-02: reset after accept",
    "unreachable",
    lost,
    "kex_exchange_identification: read: Connection reset by peer\r\n"
  ],
  [
    "PVE-02: closed after accept",
    "unreachable",
    lost,
    "kex_exchange_identification: Connection closed by remote host\r\n"
  ],
  ["PVE-03: frozen after it stood", "unknown", lost, `Timeout, server ${host} not responding.\r\n`],
  ["cut after it stood", "unknown", lost, "client_loop: send disconnect: Broken pipe\r\n"],
  ["closed after it stood", "unknown", lost, `Connection to ${host} closed by remote host.\r\n`],
  [
    "the remote's own refusal",
    "unknown",
    lost,
    "ipcc_send_rec[1] failed: Connection refused\nTimeout, server not responding.\n"
  ],
  ["the remote's own denial", "unknown", lost, "qm: Permission denied\nclient_loop: send disconnect: Broken pipe\r\n"],
  ["the remote's own name trouble", "unknown", lost, "curl: Could not resolve host\n"]
]

describe("an answer", () => {
  for (const [what, outcome, exited, stderr = ""] of outcomes) {
    it.effect(`PVE-09: ${what} is ${outcome}`, () =>
      Effect.gen(function* () {
        const { answer } = yield* ask({ exited, stderr, lines: exited.code === 0 ? [line("status: running")] : [] })
        assert.strictEqual(answer.outcome, outcome)
        assert.strictEqual(answer.exit_code, exited.code)
      })
    )
  }

  it.effect("PVE-09: once the host has spoken, a lost connection is unknown, whatever stderr says", () =>
    Effect.gen(function* () {
      const lines = [line(`breakglass-phase op=${opId} stopping`)]
      for (const [what, , exited, stderr = ""] of outcomes.filter(([, , { code }]) => code === 255)) {
        assert.strictEqual((yield* ask({ lines, exited, stderr })).answer.outcome, "unknown", what)
      }
    })
  )

  it.effect("reads what ssh said only when it has ended", () =>
    Effect.gen(function* () {
      let said = ""
      const exited = Effect.sync(() => {
        said = "Host key verification failed.\r\n"
        return lost
      })
      const { answer } = yield* ask({ more: { exited, stderr: Effect.sync(() => said) } })
      assert.strictEqual(answer.outcome, "host_key")
    })
  )

  it.effect("is unknown when the host says nothing more in time, and ssh is ended", () =>
    Effect.gen(function* () {
      const lines = Stream.concat(Stream.make(line("qm stop")), Stream.never)
      const asking = yield* Effect.forkChild(ask({ more: { lines } }, "cycle"), { startImmediately: true })
      yield* TestClock.adjust("119 seconds")
      assert.isUndefined(asking.pollUnsafe())
      yield* TestClock.adjust("1 second")
      const { answer, ended } = yield* Fiber.join(asking)
      assert.deepInclude(answer, { outcome: "unknown", exit_code: null, stdout: "qm stop\n" })
      assert.match(answer.stderr, /^The host did not say in 120 s how it ended, so the connection was ended here\./)
      assert.isAtLeast(ended, 1)
    })
  )

  it.effect("has a word on stderr whenever there is no exit code of the verb's", () =>
    Effect.gen(function* () {
      for (const [what, , exited, stderr = ""] of outcomes) {
        if (exited.code !== 255 && exited.signal === null) continue
        const { answer } = yield* ask({ exited, stderr })
        assert.notStrictEqual(answer.stderr.trim(), "", what)
      }
    })
  )

  it.effect("is failed, with nothing sent, when there is no host or no ssh", () =>
    Effect.gen(function* () {
      const none = yield* ask({}, "cycle", {})
      assert.deepStrictEqual([none.answer.outcome, none.answer.exit_code, none.started], ["failed", null, []])
      assert.include(none.answer.stderr, "BREAKGLASS_PVE_HOST")
      const missing = yield* ask(new SpawnFailed({ file: "ssh", reason: "ENOENT" }), "cycle")
      assert.deepStrictEqual([missing.answer.outcome, missing.answer.exit_code], ["failed", null])
      assert.strictEqual(missing.answer.stderr, "ssh could not be started (ENOENT). Nothing was sent.")
    })
  )
})
