/**
 * The way to the Proxmox host: ssh to its forced command. ssh reads no configuration but these options and is given no
 * credential but the host's. Its own exit code, 255, is never taken for the verb's.
 */
import { Context, Duration, Effect, Layer, Option, Stream } from "effect"
import type { OpOutcome } from "../../contract/Power.ts"
import type { Line } from "../../core/process/lines.ts"
import { type Exited, SubprocessRunner } from "../../core/process/SubprocessRunner.ts"
import { refusalIn } from "../../core/ssh/outcome.ts"
import { printable } from "../../core/ssh/printable.ts"
import { explaining } from "./explainRefusal.ts"
import { type AskHost, type HostReply, outcomeOf } from "./hostProtocol.ts"
import { type HostSettings, sshToHost } from "./sshToHost.ts"

export class HostLink extends Context.Service<
  HostLink,
  {
    /** Sends one request, once. When the two refuse each other's keys, the reply's stderr says why and what to do. */
    readonly ask: AskHost
    /** The same without that explanation, which starts programs: for what asks every few seconds. */
    readonly probe: AskHost
  }
>()("breakglass/HostLink") {
  static readonly layer = (settings: HostSettings) =>
    Layer.effect(
      HostLink,
      Effect.gen(function* () {
        const probe = yield* make(settings)
        return { probe, ask: yield* explaining(settings, probe) }
      })
    )
}

export const make = Effect.fnUntraced(function* (settings: HostSettings) {
  const runner = yield* SubprocessRunner
  const { address, timeout } = settings
  const ask: AskHost = (request, opId, onLine) => {
    if (address === null) return Effect.succeed(notConfigured)
    return Effect.scoped(
      Effect.gen(function* () {
        const ssh = sshToHost(settings)
        const running = yield* runner.start({
          ...ssh,
          args: [...ssh.args, `${request} ${opId}`],
          env: { LC_ALL: "C" }
        })
        const output = new Output()
        const reading = Stream.runForEach(running.lines, (line) => onLine(output.add(line)))
        const ended = Option.isSome(yield* Effect.timeoutOption(reading, Duration.seconds(timeout)))
        if (!ended) yield* running.end
        const exited = yield* running.exited
        return reply(exited, yield* running.stderr, output, ended ? null : timeout)
      })
    ).pipe(
      Effect.catch(({ reason }) =>
        Effect.succeed<HostReply>({ ...nothingSent, stderr: `ssh could not be started (${reason}). Nothing was sent.` })
      )
    )
  }
  return ask
})

/** `timedOut`: seconds after which the connection was ended here, if it was. */
const reply = (exited: Exited, stderr: string, output: Output, timedOut: number | null): HostReply => {
  // Once the host has printed something, the connection stood: what ssh says then is not why nothing was sent.
  const lost = timedOut !== null || (exited.code === 255 && output.any)
  const outcome = lost ? "unknown" : outcomeOfSsh(exited, stderr)
  const note = noteOn(exited, stderr, outcome, timedOut)
  return {
    outcome,
    exit_code: timedOut !== null || exited.signal !== null ? null : exited.code,
    stdout: output.text,
    stderr: printable(note === "" ? stderr : `${stderr.trimEnd()}\n${note}\n`.trimStart())
  }
}

/** What ssh's own words leave out. */
const noteOn = (exited: Exited, stderr: string, outcome: OpOutcome, timedOut: number | null): string => {
  if (timedOut !== null)
    return `The host did not say in ${timedOut} s how it ended, so the connection was ended here. What the host has started goes on.`
  if (exited.signal !== null) return `ssh was ended here by ${exited.signal}. What the host has started goes on.`
  if (exited.code !== 255) return ""
  if (outcome === "failed") return "Nothing was sent."
  return stderr.trim() === "" ? "ssh ended without a word: the connection broke, or never stood." : ""
}

/** The forced command's exit codes are the host's; 255 is ssh's, and its words say which kind. */
const outcomeOfSsh = ({ code, signal }: Exited, stderr: string): OpOutcome => {
  if (signal !== null) return "unknown"
  if (code !== 255) return outcomeOf(code ?? 1)
  return refusalIn(stderr) ?? "unknown"
}

/** What the host printed: the newest lines, no more than a page or a script can take. */
class Output {
  any = false
  private lines: Array<string> = []
  private size = 0
  add(line: Line): string {
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

const nothingSent: HostReply = { outcome: "failed", exit_code: null, stdout: "", stderr: "" }
const notConfigured: HostReply = {
  ...nothingSent,
  stderr: "BREAKGLASS_PVE_HOST is not set, so there is no host to ask. Nothing was sent."
}
