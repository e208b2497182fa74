/**
 * What a turn runs on the other end of its ssh connections. Ending the local ssh leaves it running (OpenSSH tells the remote
 * command nothing), so Stop goes there itself, over a connection of its own with a short limit. A target that does not
 * answer is said to be unknown, never stopped.
 */
import { Effect, Option, Stream } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { SubprocessRunner } from "../SubprocessRunner.ts"
import { toTarget } from "./toTarget.ts"

/** `none` was running; all of it was `ended`; or it is `unknown`. */
export type Remote = "none" | "ended" | "unknown"

/** For each live ssh among these processes: the words that lead to the same place, each place once. */
export const connections = (pids: Iterable<number>): ReadonlyArray<ReadonlyArray<string>> => {
  const found = [...pids].flatMap((pid) => {
    const [program = "", ...args] = cmdline(pid)
    const place = Path.basename(program) === "ssh" ? destination(args) : null
    return place === null ? [] : [place]
  })
  return [...new Map(found.map((place) => [place.join("\0"), place])).values()]
}

export const stop = Effect.fnUntraced(function* (
  ssh: string,
  places: ReadonlyArray<ReadonlyArray<string>>,
  turn: string
) {
  const stopped = yield* Effect.forEach(places, (place) => stopAt(ssh, place, turn), { concurrency: "unbounded" })
  const answer: Remote = stopped.length === 0 ? "none" : stopped.every(Boolean) ? "ended" : "unknown"
  return answer
})

const stopAt = (ssh: string, place: ReadonlyArray<string>, turn: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const runner = yield* SubprocessRunner
      const running = yield* runner.start({
        file: ssh,
        args: [...options, ...place, `sh -c '${script.replaceAll("'", "'\\''")}' breakglass ${turn}`],
        inherit: ["PATH", "HOME", "SSH_AUTH_SOCK"]
      })
      const lines = yield* Stream.runCollect(running.lines)
      return lines.some((line) => line._tag === "Line" && line.text === "breakglass-left=0")
    })
  ).pipe(
    Effect.timeoutOption("5 seconds"),
    Effect.map(Option.getOrElse(() => false)),
    Effect.orElseSucceed(() => false)
  )

const script = Fs.readFileSync(Path.join(import.meta.dirname, "../../agents/stop-remote.sh"), "utf8")

const options = toTarget("ConnectTimeout=3", "ServerAliveInterval=2", "ServerAliveCountMax=1", "ProxyCommand=none")

/**
 * Of another ssh's words those that say where to and as whom. The rest are dropped: they are the agent's, and some make
 * ssh run or write what they name. Null when nothing says where to.
 */
export const destination = (args: ReadonlyArray<string>): ReadonlyArray<string> | null => {
  const kept: Array<string> = []
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? ""
    if (word === "--") continue
    if (!word.startsWith("-")) return /^[A-Za-z0-9._@%:[\]/-]+$/.test(word) ? [...kept, word] : null
    for (let letter = 1; letter < word.length; letter++) {
      const flag = word[letter] ?? ""
      if (!withValue.has(flag)) {
        if (flag === "4" || flag === "6") kept.push(`-${flag}`)
        continue
      }
      const inline = word.slice(letter + 1)
      const value = inline === "" ? (args[++at] ?? "") : inline
      if ("pli".includes(flag) || (flag === "o" && harmless.test(value))) kept.push(`-${flag}`, value)
      break
    }
  }
  return null
}

/** ssh(1) of OpenSSH 9: the options that take a value. */
const withValue: ReadonlySet<string> = new Set("BbcDEeFIiJLlmOopPQRSWw")
const harmless =
  /^(Port|User|IdentityFile|IdentitiesOnly|HostName|HostKeyAlias|StrictHostKeyChecking|UserKnownHostsFile|GlobalKnownHostsFile)[= ]/i

const cmdline = (pid: number): ReadonlyArray<string> => {
  try {
    return Fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1)
  } catch {
    return []
  }
}
