/**
 * The probes of one target: what its host says of it, whether its ssh port answers, and what is found inside. Every probe has
 * its own limit, and none waits for another, for a running operation, or for the chat.
 */
import { Context, Effect, Layer, Option } from "effect"
import { SecureRandom } from "effect/crypto"
import { connect } from "node:net"
import type { Probe as ProbeResult } from "../../contract/Power.ts"
import type { SubprocessRunner } from "../../core/process/SubprocessRunner.ts"
import type { Redact } from "../../core/redact/redact.ts"
import { pinnedIn, toTarget } from "../../core/ssh/targetOptions.ts"
import { monotonic } from "../../core/time/monotonic.ts"
import { explainHostKey } from "../power/explainRefusal.ts"
import { HostLink } from "../power/HostLink.ts"
import { type AskHost, observed } from "../power/hostProtocol.ts"
import * as ProbeTarget from "./probeTarget.ts"
import type { ProbeReply } from "./probeTarget.ts"
import * as Vitals from "./vitals.ts"

/** How ssh goes into the target. */
export interface SshSettings {
  /** A program name or an absolute path. */
  readonly program: string
  /** Null: none is set. */
  readonly address: string | null
  readonly user: string
  /** Null: the account's own, which the agent can write. */
  readonly knownHosts: string | null
}

export interface Probe<R = never> {
  readonly probe: ProbeResult["probe"]
  readonly ask: Effect.Effect<ProbeReply, never, R>
  /** What more there is to say about a reply; empty when there is nothing. */
  readonly explain?: (reply: ProbeReply) => Effect.Effect<string, never, R>
}

export interface Settings {
  readonly ssh: SshSettings
  /** Whether there is a host to ask. */
  readonly host: boolean
  readonly redact: Redact
}

export class Observer extends Context.Service<Observer, { readonly probes: ReadonlyArray<Probe> }>()(
  "breakglass/Observer"
) {
  static readonly layer = ({ ssh, host, redact }: Settings) =>
    Layer.effect(
      Observer,
      Effect.gen(function* () {
        const link = yield* HostLink
        const ofTarget = ssh.address === null ? [] : yield* targetProbes(ssh, ssh.address, redact)
        return { probes: [...(host ? [hostProbe(link.probe)] : []), ...ofTarget] }
      })
    )
}

/** Asks all probes at once. */
export const observe = (probes: ReadonlyArray<Probe>): Effect.Effect<ReadonlyArray<ProbeResult>> =>
  Effect.map(Effect.forEach(probes, timed, { concurrency: "unbounded" }), (results) => results.flat())

const timed = ({ probe, ask }: Probe): Effect.Effect<ReadonlyArray<ProbeResult>> =>
  Effect.gen(function* () {
    const from = yield* monotonic
    const reply = yield* Effect.timeoutOption(ask, "10 seconds")
    const took_ms = (yield* monotonic) - from
    const { disk, ...rest } = Option.getOrElse(reply, (): ProbeReply => ({ state: "no answer" }))
    return [{ probe, took_ms, ...rest }, ...(disk === undefined ? [] : [disk])]
  })

const hostProbe = (ask: AskHost): Probe => ({
  probe: "pve",
  ask: Effect.suspend(() => {
    const id = SecureRandom.uuidV4Unsafe()
    return Effect.map(
      ask("status", id, () => Effect.void),
      ({ outcome, stdout }) => {
        if (outcome !== "ok" && outcome !== "failed") return { state: outcome }
        const { state, line } = observed(stdout.split("\n"), id)
        return { state: state === "not_here" ? `${state}: ${line}` : state }
      }
    )
  })
})

const targetProbes = Effect.fnUntraced(function* (settings: SshSettings, address: string, redact: Redact) {
  const context = yield* Effect.context<SubprocessRunner>()
  const ssh = {
    file: settings.program,
    // Not to give up a target whose sshd is slow: what hangs there would then be started again.
    args: [
      ...toTarget(
        ...pinnedIn(settings.knownHosts),
        "ConnectTimeout=5",
        "ServerAliveInterval=5",
        "ServerAliveCountMax=24"
      ),
      `${settings.user}@${address}`
    ],
    inherit: ["PATH", "HOME", "SSH_AUTH_SOCK"]
  }
  const ask = yield* ProbeTarget.make({ ...ssh, args: [...ssh.args, Vitals.command] }, redact)
  const explain = ({ state, said = "", disk }: ProbeReply) =>
    state === "host_key"
      ? Effect.provideContext(explainHostKey(ssh, settings.knownHosts ?? "~/.ssh/known_hosts"), context)
      : Effect.succeed(disk?.said ?? said)
  return [
    { probe: "tcp22", ask: Effect.map(banner(address), (state) => ({ state })) },
    { probe: "ssh", ask: Effect.provideContext(ask, context), explain }
  ] satisfies ReadonlyArray<Probe>
})

/** The server speaks first in SSH (RFC 4253, 4.2), so a banner shows that a process inside the VM still runs. */
const banner = (host: string): Effect.Effect<string> =>
  Effect.callback<string>((resume) => {
    const socket = connect({ host, port: 22, timeout: 5000 })
    const end = (state: string) => {
      socket.destroy()
      resume(Effect.succeed(state))
    }
    socket.once("data", (bytes) => end(bytes.toString("latin1").startsWith("SSH-") ? "ok" : "not ssh"))
    socket.once("timeout", () => end("silent"))
    socket.once("error", (error) => end("code" in error && error.code === "ECONNREFUSED" ? "refused" : "unreachable"))
    socket.once("close", () => end("closed"))
    return Effect.sync(() => socket.destroy())
  })
