/**
 * After a refusal of keys: what ssh's own programs say about it, and what to do. Nothing is trusted or changed for it, and no
 * command is sent to the other side.
 */
import { Effect, Option, Stream } from "effect"
import * as Fs from "node:fs"
import { type Program, SubprocessRunner } from "../../core/process/SubprocessRunner.ts"
import * as HostKeys from "../../core/ssh/hostKeys.ts"
import { printable } from "../../core/ssh/printable.ts"
import type { AskHost, HostReply } from "./hostProtocol.ts"
import { type HostSettings, sshToHost } from "./sshToHost.ts"

/** The same requests; a reply that is a refusal of keys says more. */
export const explaining = Effect.fnUntraced(function* (settings: HostSettings, ask: AskHost) {
  const context = yield* Effect.context<SubprocessRunner>()
  const asking: AskHost = (request, opId, onLine) =>
    // `last` is asked again and again, and nobody reads its words.
    request === "last"
      ? ask(request, opId, onLine)
      : Effect.flatMap(ask(request, opId, onLine), (reply) =>
          Effect.provideContext(withExplanation(settings, reply), context)
        )
  return asking
})

const withExplanation = (settings: HostSettings, reply: HostReply) => {
  const { outcome, stderr } = reply
  if (outcome === "auth")
    return Effect.map(keysOffered(settings), (keys) => ({ ...reply, stderr: `${stderr}${keys}Nothing was sent.` }))
  if (outcome === "host_key")
    return Effect.map(explainHostKey(sshToHost(settings), settings.knownHosts), (explanation) => ({
      ...reply,
      stderr: explanation || `${stderr}Nothing was sent.`
    }))
  return Effect.succeed(reply)
}

/** For an ssh that refused the other side's key: that key, the pinned one, and how to pin the new one. */
export const explainHostKey = (ssh: Program, knownHosts: string) =>
  Effect.map(run({ ...ssh, args: [...probeArgs, ...ssh.args] }), (output) =>
    output === null ? "" : printable(HostKeys.refusal(output.stderr, knownHosts, read))
  )

/** Strict, as only then ssh names what it knows. Should the key be trusted by now, it still logs in nowhere. */
const probeArgs = ["-v", "-N", "-o", "StrictHostKeyChecking=yes", "-o", "PreferredAuthentications=none"]

/** The keys that the host was offered, none of which it let in. */
const keysOffered = ({ authSock, keyPath }: HostSettings) =>
  Effect.gen(function* () {
    const file = keyPath === null ? "" : `The key file is ${keyPath}.\n`
    if (authSock === null) return file || "No key is configured: set BREAKGLASS_PVE_AUTH_SOCK.\n"
    const list = yield* run({ file: "ssh-add", args: ["-l"], inherit: ["PATH"], env: { SSH_AUTH_SOCK: authSock } })
    const agent = `The ssh-agent at ${authSock}`
    switch (list?.code) {
      case 0:
        return `${file}${agent} holds:\n${list.stdout}None of them is in the host's authorized_keys for this address.\n`
      case 1:
        return `${file}${agent} holds no key, or is locked: add the key with ssh-add, or unlock it with ssh-add -X.\n`
      default:
        return `${file}${agent} does not answer: start it again and add the key with ssh-add.\n`
    }
  })

/** Null when the program could not be started or has not ended in time: an ssh-agent that hangs answers nothing. */
const run = (program: Program) =>
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
