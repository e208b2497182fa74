/**
 * Looks at the target: often while somebody watches, seldom otherwise. Every probe has its own limit and none waits for
 * another, for a running operation, or for the chat.
 */
import { Context, DateTime, Effect, Layer, Option, Semaphore } from "effect"
import { SecureRandom } from "effect/crypto"
import { connect } from "node:net"
import type { Probe } from "../../contract/Power.ts"
import type { SubprocessRunner } from "../../core/process/SubprocessRunner.ts"
import { Config, type Settings } from "../config/Config.ts"
import type { Ask } from "../power/runOperation.ts"
import { hostKey } from "../power/explainRefusal.ts"
import { observed } from "../power/hostProtocol.ts"
import * as OverSsh from "../power/HostLink.ts"
import { pattern } from "./diagnose.ts"
import { PveVerbs } from "../power/PveVerbs.ts"
import * as Redact from "../../core/redact/redact.ts"
import { Readers } from "../../core/http/Subscribers.ts"
import { steady } from "../../core/time/monotonic.ts"
import { tended } from "../../core/time/repeatSafely.ts"
import { pinnedIn, toTarget } from "../../core/ssh/targetOptions.ts"
import * as Visit from "./probeTarget.ts"
import * as Vitals from "./vitals.ts"

export interface Seen extends Pick<Probe, "state" | "said"> {
  /** Where it is not how long the look took. */
  readonly took_ms?: number
  /** What the same visit tells of the disk. */
  readonly disk?: Probe
}

/** What can be looked at, and how. */
export interface Look<R = never> {
  readonly probe: Probe["probe"]
  readonly state: Effect.Effect<Seen, never, R>
  /** What there is to say besides; empty when that is nothing. */
  readonly words?: (seen: Seen) => Effect.Effect<string, never, R>
}

export class Observer extends Context.Service<Observer, { readonly looks: ReadonlyArray<Look> }>()(
  "breakglass/Observer"
) {
  static readonly layer = Layer.effect(
    Observer,
    Effect.gen(function* () {
      const config = yield* Config
      const context = yield* Effect.context<SubprocessRunner>()
      const host = config.pve.host === null ? [] : [atHost(yield* OverSsh.make(config))]
      const target = config.devvm.host === null ? [] : yield* atTarget(config, config.devvm.host)
      return {
        looks: [...host, ...target].map(({ probe, state, words = silent }) => ({
          probe,
          state: Effect.provideContext(state, context),
          words: (seen: Seen) => Effect.provideContext(words(seen), context)
        }))
      }
    })
  )

  /** Watches for as long as the server lives. */
  static readonly watching = Layer.effectDiscard(
    Effect.gen(function* () {
      const { looks } = yield* Observer
      const readers = yield* Readers
      const power = yield* PveVerbs
      const look = Effect.gen(function* () {
        const probes = (yield* Effect.forEach(looks, timed, { concurrency: "unbounded" })).flat()
        const observed_at = DateTime.formatIso(yield* DateTime.now)
        yield* power.show({ ...pattern(probes), observed_at, probes })
      })
      let rounds = 0
      const due = Effect.map(readers.count("vm"), (count) => count > 0 || ++rounds % 12 === 0)
      const one = Semaphore.makeUnsafe(1)
      const round = Effect.flatMap(due, (now) => (now ? one.withPermits(1)(look) : Effect.void))
      yield* tended("5 seconds", round)
      // Who comes is not shown what was seen a minute ago; who comes again and again is not looked for each time.
      yield* tended("2 seconds", Effect.andThen(readers.comes("vm"), one.withPermitsIfAvailable(1)(look)))
    })
  )
}

const silent = () => Effect.succeed("")

const timed = ({ probe, state }: Look): Effect.Effect<ReadonlyArray<Probe>> =>
  Effect.gen(function* () {
    const from = yield* steady
    const said = yield* Effect.timeoutOption(state, "10 seconds")
    const took_ms = (yield* steady) - from
    const { disk, ...seen } = Option.getOrElse(said, (): Seen => ({ state: "no answer" }))
    return [{ probe, took_ms, ...seen }, ...(disk === undefined ? [] : [disk])]
  })

const atHost = (ask: Ask): Look => ({
  probe: "pve",
  state: Effect.suspend(() => {
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

const atTarget = (config: Settings, host: string) =>
  Effect.gen(function* () {
    const ssh = {
      file: config.ssh,
      // Not to give up a target whose sshd is slow: what hangs there would then be begun again.
      args: [
        ...toTarget(
          ...pinnedIn(config.devvm.knownHosts),
          "ConnectTimeout=5",
          "ServerAliveInterval=5",
          "ServerAliveCountMax=24"
        ),
        `${config.devvm.user}@${host}`
      ],
      inherit: ["PATH", "HOME", "SSH_AUTH_SOCK"]
    }
    const visit = { ...ssh, args: [...ssh.args, Vitals.command] }
    const words = ({ state, said = "", disk }: Seen) =>
      state === "host_key"
        ? hostKey(ssh, config.devvm.knownHosts ?? "~/.ssh/known_hosts")
        : Effect.succeed(disk?.said ?? said)
    return [
      { probe: "tcp22", state: Effect.map(banner(host), (state) => ({ state })) },
      { probe: "ssh", state: yield* Visit.make(visit, Redact.make(config.secrets)), words }
    ] satisfies ReadonlyArray<Look<SubprocessRunner>>
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
