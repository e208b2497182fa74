/**
 * Would it work now? Every leg of the rescue path, tried at once, each under its own limit. Changes nothing, and is one
 * examination for all who ask meanwhile: it starts programs.
 */
import { Context, Effect, Layer, Option, Stream } from "effect"
import { SecureRandom } from "effect/crypto"
import type { Check } from "../../contract/breakglass/Api.ts"
import { SubprocessRunner } from "../../core/process/SubprocessRunner.ts"
import { Cli, tested, type Trouble, untested } from "../../core/claude/ClaudeCheck.ts"
import { Config, type Settings } from "../config/Config.ts"
import { Journal, type JournalFailed } from "../../core/journal/Journal.ts"
import { type Look, Observer } from "../observe/Observer.ts"
import { PveVerbs } from "../power/PveVerbs.ts"
import { replaceable } from "./replaceable.ts"
import { shared } from "../../core/time/shareInFlight.ts"
import { steady } from "../../core/time/monotonic.ts"

export class Doctor extends Context.Service<Doctor, { readonly examine: Effect.Effect<ReadonlyArray<Check>> }>()(
  "breakglass/Doctor"
) {
  static readonly layer = Layer.effect(
    Doctor,
    Effect.gen(function* () {
      const config = yield* Config
      const journal = yield* Journal
      const power = yield* PveVerbs
      const cli = yield* Cli
      const { looks } = yield* Observer
      const context = yield* Effect.context<SubprocessRunner>()
      const ssh = looks.find(({ probe }) => probe === "ssh")
      const meant = config.vmid === "" ? "" : `for VM ${config.vmid}: `
      const legs: ReadonlyArray<Leg> = [
        {
          name: "journal",
          look: Effect.map(journal.trouble, written),
          fix: "Free the disk of the sessions directory, or make it writable. The VM controls do not need it."
        },
        {
          name: "agent",
          look: Effect.zipWith(version(config.claude), cli.look, both, { concurrent: true }),
          fix: `Install Claude Code ${tested.newest}: npm does it, or BREAKGLASS_CLAUDE names another.`
        },
        {
          name: "model credential",
          look: Effect.succeed(credential(config)),
          fix: "Set CLAUDE_CODE_OAUTH_TOKEN or ANTHROPIC_API_KEY. The VM controls do not need it."
        },
        {
          name: "target over ssh",
          look: ssh === undefined ? notSet("BREAKGLASS_DEVVM_HOST") : spoken(ssh),
          fix: "Look at the target's status; check the key in the agent at SSH_AUTH_SOCK."
        },
        {
          name: "host over ssh",
          look: Effect.map(power.selftest(SecureRandom.uuidV4Unsafe()), ({ outcome, stdout, stderr }) => ({
            ok: outcome === "ok",
            detail: `${meant}${outcome}: ${[stdout, stderr]
              .map(bounded)
              .filter((said) => said !== "")
              .join("\n")}`
          })),
          fix: "host/README.md says how the host is set up, and what each refusal means."
        },
        ...(config.pve.host === null ? [] : [pinnedKey(config.pve.knownHosts)])
      ]
      return Doctor.of({
        examine: yield* shared(
          Effect.provideContext(Effect.forEach(legs, examined, { concurrency: "unbounded" }), context)
        )
      })
    })
  )
}

/** A warning of ssh's, on stderr, is no reason not to show what the host said; nor the other way round. */
const bounded = (said: string): string => said.trim().slice(0, 1500)

interface Finding {
  readonly ok: boolean
  readonly detail: string
  /** In place of the leg's own, where more is known. */
  readonly fix?: string
}
interface Leg {
  readonly name: string
  readonly look: Effect.Effect<Finding, never, SubprocessRunner>
  readonly fix: string
}

const examined = Effect.fnUntraced(function* ({ name, look, fix }: Leg) {
  const from = yield* steady
  const found = Option.getOrElse(yield* Effect.timeoutOption(look, "15 seconds"), () => silent)
  const took_ms = (yield* steady) - from
  const check: Check = { name, ...(found.ok ? {} : { fix }), ...found, took_ms }
  return check
})

const written = (failed: JournalFailed | null): Finding =>
  failed === null
    ? { ok: true, detail: "takes writes" }
    : {
        ok: false,
        detail: `takes no writes: ${failed.reason}`,
        ...(failed.cure ? { fix: `${failed.cure} The VM controls do not need it.` } : {})
      }

const spoken = ({ state, words }: Look) =>
  Effect.gen(function* () {
    const seen = yield* state
    const more = (yield* words?.(seen) ?? Effect.succeed("")).slice(0, 2000)
    const disk = seen.disk?.state === "no answer" ? " over ssh, but its disk does not answer" : ""
    return {
      ok: seen.state === "ok" && disk === "",
      detail: more === "" ? seen.state : `${seen.state}${disk}: ${more}`
    }
  })

const silent: Finding = { ok: false, detail: "no answer in 15 s" }
const notSet = (name: string) => Effect.succeed<Finding>({ ok: false, detail: `${name} is not set` })

const version = (file: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const runner = yield* SubprocessRunner
      const running = yield* runner.start({ file, args: ["--version"], inherit: ["PATH", "HOME"] })
      const lines = yield* Stream.runCollect(running.lines)
      const said = lines.flatMap((line) => (line._tag === "Line" ? [line.text] : [])).join(" ")
      const { code } = yield* running.exited
      const outside = untested(said)
      const finding: Finding = {
        ok: code === 0 && said !== "",
        detail: said === "" ? `exit ${code}` : `${said.slice(0, 200)}${outside === null ? "" : `; ${outside}`}`
      }
      return finding
    })
  ).pipe(Effect.catch(({ reason }) => Effect.succeed<Finding>({ ok: false, detail: `cannot be started (${reason})` })))

/** Another version may well do; one that lacks a flag does not. */
const both = (version: Finding, trouble: Trouble): Finding =>
  trouble === null ? version : { ok: false, detail: `${version.detail}; ${trouble}`.slice(0, 2000) }

const pinnedKey = (file: string): Leg => ({
  name: "pinned key of the host",
  look: Effect.sync(() => {
    const place = replaceable(file)
    return place === null
      ? { ok: true, detail: `${file} cannot be changed by the agent's commands` }
      : {
          ok: false,
          detail:
            `The agent's commands can change ${place}, so they can put another machine in the place of the Proxmox host: ` +
            "what it says of a verb would be believed."
        }
  }),
  fix: "Put the file where only root can write, such as /etc/breakglass/known_hosts, and name it in BREAKGLASS_PVE_KNOWN_HOSTS."
})

const credential = ({ credential }: Settings): Finding => ({
  ok: credential !== null,
  detail: credential === null ? "none is set" : `${credential} is set; whether the model takes it only a turn shows`
})
