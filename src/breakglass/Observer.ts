/**
 * Looks at the target: often while somebody watches, seldom otherwise. Every probe has its own limit and none waits for
 * another, for a running operation, or for the chat.
 */
import { Context, DateTime, Effect, Layer, Option } from "effect"
import { SecureRandom } from "effect/crypto"
import { connect } from "node:net"
import type { Probe } from "../contract/Pve.ts"
import { SubprocessRunner } from "../SubprocessRunner.ts"
import { Config, type Settings } from "./Config.ts"
import type { Ask } from "./conduct.ts"
import { hostKey } from "./explain.ts"
import { observed } from "./hostSpeech.ts"
import * as OverSsh from "./OverSsh.ts"
import { pattern } from "./pattern.ts"
import { PveVerbs } from "./PveVerbs.ts"
import { Readers } from "./Readers.ts"
import { steady } from "./steady.ts"
import { tended } from "./tended.ts"
import { toTarget } from "./toTarget.ts"

/** What can be looked at, and how. */
export interface Look<R = never> {
  readonly probe: Probe["probe"]
  readonly state: Effect.Effect<string, never, R>
  /** What there is to say besides; empty when that is nothing. */
  readonly words?: (state: string) => Effect.Effect<string, never, R>
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
      const target = config.devvm.host === null ? [] : atTarget(config, config.devvm.host)
      return {
        looks: [...host, ...target].map(({ probe, state, words = silent }) => ({
          probe,
          state: Effect.provideContext(state, context),
          words: (state: string) => Effect.provideContext(words(state), context)
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
      if (looks.length === 0) return
      const look = Effect.gen(function* () {
        const probes = yield* Effect.forEach(looks, timed, { concurrency: "unbounded" })
        const observed_at = DateTime.formatIso(yield* DateTime.now)
        yield* power.show({ ...pattern(probes), observed_at, probes })
      })
      let rounds = 0
      const due = Effect.map(readers.count("vm"), (count) => count > 0 || ++rounds % 12 === 0)
      const round = Effect.flatMap(due, (now) => (now ? look : Effect.void))
      yield* tended("5 seconds", round)
    })
  )
}

const silent = () => Effect.succeed("")

const timed = ({ probe, state }: Look): Effect.Effect<Probe> =>
  Effect.gen(function* () {
    const from = yield* steady
    const said = yield* Effect.timeoutOption(state, "10 seconds")
    const took_ms = (yield* steady) - from
    return { probe, state: Option.getOrElse(said, () => "no answer"), took_ms }
  })

const atHost = (ask: Ask): Look => ({
  probe: "pve",
  state: Effect.suspend(() => {
    const id = SecureRandom.uuidV4Unsafe()
    return Effect.map(
      ask("status", id, () => Effect.void),
      ({ outcome, stdout }) => {
        if (outcome !== "ok" && outcome !== "failed") return outcome
        const { state, line } = observed(stdout.split("\n"), id)
        return state === "not_here" ? `${state}: ${line}` : state
      }
    )
  })
})

const atTarget = (config: Settings, host: string): ReadonlyArray<Look<SubprocessRunner>> => {
  const ssh = {
    file: config.ssh,
    args: [...toTarget("ConnectTimeout=5"), `${config.devvm.user}@${host}`, "true"],
    inherit: ["PATH", "HOME", "SSH_AUTH_SOCK"]
  }
  const state = Effect.scoped(
    Effect.gen(function* () {
      const runner = yield* SubprocessRunner
      const running = yield* runner.start(ssh)
      const exited = yield* running.exited
      if (exited.code !== 255) return exited.code === 0 ? "ok" : "failed"
      // A target that answers and refuses us is not a slow one.
      const why = OverSsh.outcome(exited, yield* running.stderr)
      return why === "unknown" ? "unreachable" : why
    })
  ).pipe(Effect.orElseSucceed(() => "unknown"))
  return [
    { probe: "tcp22", state: banner(host) },
    { probe: "ssh", state, words: (state) => (state === "host_key" ? hostKey(ssh, "~/.ssh/known_hosts") : silent()) }
  ]
}

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
