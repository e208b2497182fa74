/**
 * After a refusal: what ssh's own programs say of it, in words that name what to do. Nothing is trusted or changed for it,
 * and the other side is sent nothing.
 */
import { Effect, Option, Stream } from "effect"
import * as Fs from "node:fs"
import { type Program, SubprocessRunner } from "../../core/process/SubprocessRunner.ts"
import type { Settings } from "../config/Config.ts"
import type { Ask } from "./runOperation.ts"
import * as HostKeys from "../../core/ssh/hostKeys.ts"
import { printable } from "../../core/ssh/printable.ts"
import { options } from "./HostLink.ts"

/** The same questions; an answer that is a refusal of keys says more. */
export const explained = Effect.fnUntraced(function* (config: Settings, ask: Ask) {
  const context = yield* Effect.context<SubprocessRunner>()
  const { pve } = config
  const asking: Ask = (verb, opId, say) =>
    Effect.gen(function* () {
      const answer = yield* ask(verb, opId, say)
      // `last` is asked again and again, and nobody reads its words.
      if (verb === "last") return answer
      if (answer.outcome === "auth")
        return { ...answer, stderr: `${answer.stderr}${yield* offered(pve)}Nothing was sent.` }
      if (answer.outcome !== "host_key") return answer
      const ssh = { file: config.ssh, inherit: ["PATH", "HOME"], args: [...options(pve), `${pve.user}@${pve.host}`] }
      return { ...answer, stderr: (yield* hostKey(ssh, pve.knownHosts)) || `${answer.stderr}Nothing was sent.` }
    }).pipe(Effect.provideContext(context))
  return asking
})

/** Of an ssh whose other end's key was refused: that key, the pinned one, and the way to pin the new one. */
export const hostKey = (ssh: Program, knownHosts: string) =>
  Effect.map(said({ ...ssh, args: [...looking, ...ssh.args] }), (heard) =>
    heard === null ? "" : printable(HostKeys.refusal(heard.stderr, knownHosts, read))
  )

/** Strict, as only then ssh names what it knows; and should the key be trusted by now, it still logs in nowhere. */
const looking = ["-v", "-N", "-o", "StrictHostKeyChecking=yes", "-o", "PreferredAuthentications=none"]

/** What the host was offered and let in none of. */
const offered = ({ authSock, keyPath }: Settings["pve"]) =>
  Effect.gen(function* () {
    const file = keyPath === null ? "" : `The key file is ${keyPath}.\n`
    if (authSock === null) return file || "No key is configured: set BREAKGLASS_PVE_AUTH_SOCK.\n"
    const heard = yield* said({ file: "ssh-add", args: ["-l"], inherit: ["PATH"], env: { SSH_AUTH_SOCK: authSock } })
    const agent = `The ssh-agent at ${authSock}`
    switch (heard?.code) {
      case 0:
        return `${file}${agent} holds:\n${heard.stdout}None of them is in the host's authorized_keys for this address.\n`
      case 1:
        return `${file}${agent} holds no key, or is locked: ssh-add its key, or ssh-add -X.\n`
      default:
        return `${file}${agent} does not answer: start it again and ssh-add its key.\n`
    }
  })

/** Null when it could not be started or has not ended in time: an ssh-agent that hangs answers nothing. */
const said = (program: Program) =>
  Effect.scoped(
    Effect.gen(function* () {
      const runner = yield* SubprocessRunner
      const running = yield* runner.start({ ...program, env: { LC_ALL: "C", ...program.env } })
      const lines = yield* Stream.runCollect(running.lines)
      const stdout = lines.map((line) => (line._tag === "Line" ? `${printable(line.text)}\n` : "")).join("")
      const { code } = yield* running.exited
      return { code, stdout, stderr: yield* running.stderr }
    })
  ).pipe(
    Effect.timeoutOption("10 seconds"),
    Effect.map(Option.getOrNull),
    Effect.orElseSucceed(() => null)
  )

const read = (file: string): string | null => {
  try {
    return Fs.readFileSync(file, "utf8")
  } catch {
    return null
  }
}
