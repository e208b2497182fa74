/** The legs of the rescue path: how each is tested, and what to do when it fails. */
import { Effect, Stream } from "effect"
import { SecureRandom } from "effect/crypto"
import { type Cli, tested, type Trouble, untested } from "../../core/claude/ClaudeCheck.ts"
import type { Journal, JournalFailed } from "../../core/journal/Journal.ts"
import type { SubprocessRunner } from "../../core/process/SubprocessRunner.ts"
import type { Probe } from "../observe/Observer.ts"
import type { Target } from "../target/Targets.ts"
import { replaceable } from "./replaceable.ts"

export interface Finding {
  readonly ok: boolean
  readonly detail: string
  /** In place of the leg's own, where more is known. */
  readonly fix?: string
}

export interface Leg {
  readonly name: string
  readonly test: Effect.Effect<Finding>
  readonly fix: string
}

export const journal = ({ trouble }: Journal["Service"]): Leg => ({
  name: "journal",
  test: Effect.map(trouble, journalFinding),
  fix: "Free the disk of the sessions directory, or make it writable. The VM controls do not need it."
})

const journalFinding = (failed: JournalFailed | null): Finding =>
  failed === null
    ? { ok: true, detail: "takes writes" }
    : {
        ok: false,
        detail: `takes no writes: ${failed.reason}`,
        ...(failed.cure ? { fix: `${failed.cure} The VM controls do not need it.` } : {})
      }

export const agent = (file: string, cli: Cli["Service"], runner: SubprocessRunner["Service"]): Leg => ({
  name: "agent",
  test: Effect.zipWith(version(file, runner), cli.check, withTrouble, { concurrent: true }),
  fix: `Install Claude Code ${tested.newest}: npm does it, or BREAKGLASS_CLAUDE names another.`
})

const version = (file: string, runner: SubprocessRunner["Service"]) =>
  Effect.scoped(
    Effect.gen(function* () {
      const running = yield* runner.start({ file, args: ["--version"], inherit: ["PATH", "HOME"] })
      const lines = yield* Stream.runCollect(running.lines)
      const output = lines.flatMap((line) => (line._tag === "Line" ? [line.text] : [])).join(" ")
      const { code } = yield* running.exited
      const note = untested(output)
      const finding: Finding = {
        ok: code === 0 && output !== "",
        detail: output === "" ? `exit ${code}` : `${output.slice(0, 200)}${note === null ? "" : `; ${note}`}`
      }
      return finding
    })
  ).pipe(Effect.catch(({ reason }) => Effect.succeed<Finding>({ ok: false, detail: `cannot be started (${reason})` })))

/** Another version than the tested ones may work; one that lacks a flag does not. */
const withTrouble = (version: Finding, trouble: Trouble): Finding =>
  trouble === null ? version : { ok: false, detail: `${version.detail}; ${trouble}`.slice(0, 2000) }

/** `variable`: the name of the one that holds the model's credential. */
export const credential = (variable: string | null): Leg => ({
  name: "model credential",
  test: Effect.succeed({
    ok: variable !== null,
    detail: variable === null ? "none is set" : `${variable} is set; whether the model takes it only a turn shows`
  }),
  fix: "Set CLAUDE_CODE_OAUTH_TOKEN or ANTHROPIC_API_KEY. The VM controls do not need it."
})

export const target = (target: Target): ReadonlyArray<Leg> => {
  const ssh = target.observer.probes.find(({ probe }) => probe === "ssh")
  return [
    {
      name: "target over ssh",
      test:
        ssh === undefined
          ? Effect.succeed({ ok: false, detail: "BREAKGLASS_TARGET_HOST is not set" })
          : sshFinding(ssh),
      fix: "Look at the target's status; check the key in the agent at SSH_AUTH_SOCK."
    },
    {
      name: "host over ssh",
      test: selftest(target),
      fix: "host/README.md says how the host is set up, and what each refusal means."
    },
    ...(target.pve.address === null ? [] : [pinnedKey(target.pve.knownHosts)])
  ]
}

const sshFinding = ({ ask, explain }: Probe) =>
  Effect.gen(function* () {
    const reply = yield* ask
    const more = (yield* explain?.(reply) ?? Effect.succeed("")).slice(0, 2000)
    const disk = reply.disk?.state === "no answer" ? " over ssh, but its disk does not answer" : ""
    return {
      ok: reply.state === "ok" && disk === "",
      detail: more === "" ? reply.state : `${reply.state}${disk}: ${more}`
    }
  })

const selftest = ({ host, vmid }: Target) =>
  Effect.map(
    host.ask("selftest", SecureRandom.uuidV4Unsafe(), () => Effect.void),
    ({ outcome, stdout, stderr }) => {
      const expectedVm = vmid === "" ? "" : `for VM ${vmid}: `
      // Both: a warning of ssh's, on stderr, is no reason not to show what the host printed.
      const output = [stdout, stderr].map((text) => text.trim().slice(0, 1500)).filter((text) => text !== "")
      return { ok: outcome === "ok", detail: `${expectedVm}${outcome}: ${output.join("\n")}` }
    }
  )

const pinnedKey = (file: string): Leg => ({
  name: "pinned key of the host",
  test: Effect.sync(() => {
    const path = replaceable(file)
    return path === null
      ? { ok: true, detail: `${file} cannot be changed by the agent's commands` }
      : {
          ok: false,
          detail:
            `The agent's commands can change ${path}, so they can put another machine in the place of the Proxmox host: ` +
            "what it says of a verb would be believed."
        }
  }),
  fix: "Put the file where only root can write, such as /etc/breakglass/known_hosts, and name it in BREAKGLASS_PVE_KNOWN_HOSTS."
})
