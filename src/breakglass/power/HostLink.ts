/**
 * Asking the Proxmox host, over ssh to its forced command. ssh reads no configuration but these options, is given no
 * credential but the host's, and its own exit 255 is never mistaken for the verb's.
 */
import { Duration, Effect, Option, Stream } from "effect"
import type { OpOutcome } from "../../contract/Power.ts"
import type { Line } from "../../core/process/lines.ts"
import { refusalIn } from "../../core/ssh/outcome.ts"
import { printable } from "../../core/ssh/printable.ts"
import { type Exited, SubprocessRunner } from "../../core/process/SubprocessRunner.ts"
import type { Settings } from "../config/Config.ts"
import type { Answer, Ask } from "./runOperation.ts"
import { outcomeOf } from "./hostProtocol.ts"

export const make = Effect.fnUntraced(function* (config: Settings) {
  const runner = yield* SubprocessRunner
  const { host } = config.pve
  const ask: Ask = (verb, opId, say) => {
    if (host === null) return Effect.succeed(notConfigured)
    return Effect.scoped(
      Effect.gen(function* () {
        const running = yield* runner.start({
          file: config.ssh,
          args: [...options(config.pve), `${config.pve.user}@${host}`, `${verb} ${opId}`],
          inherit: ["PATH", "HOME"],
          env: { LC_ALL: "C" }
        })
        const heard = new Heard()
        const listening = Stream.runForEach(running.lines, (line) => say(heard.take(line)))
        const ended = yield* Effect.timeoutOption(listening, Duration.seconds(config.verbTimeout))
        if (Option.isNone(ended)) yield* running.end
        const exited = yield* running.exited
        const said = yield* running.stderr
        // Once the host has spoken the connection stood, and ssh's words are not the last on it.
        const lost = Option.isNone(ended) || (exited.code === 255 && heard.any)
        const how = lost ? "unknown" : outcome(exited, said)
        const more = Option.isNone(ended)
          ? `No end of it was heard in ${config.verbTimeout} s, so the connection was ended here. What the host has begun goes on.`
          : exited.signal !== null
            ? `ssh was ended here by ${exited.signal}. What the host has begun goes on.`
            : exited.code !== 255
              ? ""
              : how === "failed"
                ? "Nothing was sent."
                : said.trim() === ""
                  ? "ssh ended without a word: the connection broke, or never stood."
                  : ""
        return {
          outcome: how,
          exit_code: Option.isNone(ended) || exited.signal !== null ? null : exited.code,
          stdout: heard.text,
          stderr: printable(more === "" ? said : `${said.trimEnd()}\n${more}\n`.trimStart())
        } satisfies Answer
      })
    ).pipe(
      Effect.catch(({ reason }) =>
        Effect.succeed<Answer>({ ...nothing, stderr: `ssh could not be started (${reason}). Nothing was sent.` })
      )
    )
  }
  return ask
})

/**
 * `-F none` and the rest: no file of the account this runs as may change what is run or who is believed. The key is the host's
 * own, never one from the agent that the recovery agent can use.
 */
export const options = ({ authSock, keyPath, knownHosts }: Settings["pve"]): ReadonlyArray<string> => [
  ...["-F", "none"],
  "-T",
  ...(keyPath === null ? [] : ["-i", keyPath]),
  ...[
    "BatchMode=yes",
    `IdentityAgent=${authSock ?? "none"}`,
    // Without it ssh offers the account's own keys, also when the one it is to use cannot be read. The agent's are no files.
    "IdentityFile=none",
    ...(keyPath === null ? [] : ["IdentitiesOnly=yes"]),
    "ConnectTimeout=5",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
    "StrictHostKeyChecking=yes",
    `UserKnownHostsFile=${knownHosts}`,
    "GlobalKnownHostsFile=/dev/null",
    "UpdateHostKeys=no",
    "ControlMaster=no",
    "ControlPath=none",
    "ForwardAgent=no",
    "ClearAllForwardings=yes"
  ].flatMap((option) => ["-o", option])
]

/** The forced command's own codes; 255 is ssh's, and what it printed says which kind. */
export const outcome = ({ code, signal }: Exited, stderr: string): OpOutcome => {
  if (signal !== null) return "unknown"
  if (code !== 255) return outcomeOf(code ?? 1)
  return refusalIn(stderr) ?? "unknown"
}

/** What the host printed: its newest, and no more of it than a page or a script can bear. */
class Heard {
  any = false
  private lines: Array<string> = []
  private size = 0
  take(line: Line): string {
    this.any = true
    const text = line._tag === "Line" ? printable(line.text) : `(${line.bytes} bytes left out)`
    this.lines.push(text)
    this.size += text.length
    while (this.size > outputKept && this.lines.length > 1) this.size -= this.lines.shift()?.length ?? 0
    return text
  }
  get text(): string {
    return this.lines.map((line) => `${line}\n`).join("")
  }
}

/** Characters. */
const outputKept = 1024 * 1024

const nothing: Answer = { outcome: "failed", exit_code: null, stdout: "", stderr: "" }
const notConfigured: Answer = {
  ...nothing,
  stderr: "BREAKGLASS_PVE_HOST is not set, so there is no host to ask. Nothing was sent."
}
