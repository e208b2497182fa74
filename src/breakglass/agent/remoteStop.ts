/**
 * What a turn runs on the other end of its ssh connections. Ending the local ssh leaves it running (OpenSSH tells the remote
 * command nothing), so Stop goes there itself, over a connection of its own with a short limit. A target that does not
 * answer is said to be unknown, never stopped.
 */
import { Effect, Option, Stream } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { SubprocessRunner } from "../../core/process/SubprocessRunner.ts"
import { pinnedIn, toTarget } from "../../core/ssh/targetOptions.ts"
import { root } from "../root.ts"
import type { MakeElsewhere, Remote } from "../../core/turn/elsewhere.ts"

/** For one run of this turn. */
export const elsewhere = (ssh: Ssh, turn: string): MakeElsewhere =>
  Effect.map(notes, ({ env, read }) => ({
    env,
    stop: ({ pids, exited }) => {
      const running = live(pids)
      const noted = read()
      return Effect.map(
        stop(ssh, exited && !running.any ? [] : noted, turn),
        (answer) =>
          ({ unmarked }) =>
            // Nothing is known of a connection that was not asked after.
            running.strange || (unmarked && !exited) || read().length > noted.length ? "unknown" : answer
      )
    }
  }))

/** Where the agent's ssh writes down the places it is let in; gone with the scope. */
export const notes = Effect.map(
  Effect.acquireRelease(Effect.sync(directory), (made) =>
    Effect.sync(() => made !== null && Fs.rmSync(made, { recursive: true, force: true }))
  ),
  (made) => {
    const file = made === null ? null : Path.join(made, "places")
    return {
      env: file === null ? {} : { BREAKGLASS_PLACES: file },
      /** One for each time; empty when it could not be written whole. */
      read: (): ReadonlyArray<string> => (file === null ? [""] : entries(file))
    }
  }
)

/** Of these processes the ssh: whether there is one, and one that is not the agent's own, of which nothing is known. */
export const live = (pids: Iterable<number>) => {
  const found = [...pids].filter((pid) => Path.basename(words(pid, "cmdline")[0] ?? "") === "ssh")
  const strange = found.some((pid) => !words(pid, "environ").some((entry) => entry.startsWith("BREAKGLASS_PLACE=")))
  return { any: found.length > 0, strange }
}

/** Places that are gone to; a turn has one or two. */
const gone = 16

export interface Ssh {
  /** The real one. */
  readonly file: string
  readonly knownHosts: string | null
}

/** Goes to each of these places once. */
export const stop = Effect.fnUntraced(function* (ssh: Ssh, notes: ReadonlyArray<string>, turn: string) {
  const places = [...new Set(notes)]
  const stopped = yield* Effect.forEach(
    places.slice(0, gone),
    (note) => {
      const way = wayTo(note)
      return way === null ? Effect.succeed(false) : stopAt(ssh, way, turn)
    },
    { concurrency: "unbounded" }
  )
  const all = stopped.length === places.length && stopped.every(Boolean)
  const answer: Remote = places.length === 0 ? "none" : all ? "ended" : "unknown"
  return answer
})

const stopAt = (ssh: Ssh, way: ReadonlyArray<string>, turn: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const runner = yield* SubprocessRunner
      const running = yield* runner.start({
        file: ssh.file,
        args: [
          ...toTarget(...pinnedIn(ssh.knownHosts), ...patience),
          ...way,
          `sh -c '${script.replaceAll("'", "'\\''")}' breakglass ${turn}`
        ],
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

const script = Fs.readFileSync(Path.join(root, "agents/stop-remote.sh"), "utf8")

const patience = ["ConnectTimeout=3", "ServerAliveInterval=2", "ServerAliveCountMax=1"]

/**
 * The words that lead to where an ssh was let in, from what `ssh -G` said of it. The agent can write there what it likes, so
 * only what says where and as whom is kept, and what names a program, a library or a file to write is not. Null when the
 * server does not go that way: going another could lead elsewhere, where nothing runs.
 */
export const wayTo = (note: string): ReadonlyArray<string> | null => {
  const said = note.split("\n")
  const value = (name: string) => said.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1)
  const host = value("hostname") ?? ""
  if (!/^[\w:][\w.:%-]*$/.test(host) || value("proxycommand") !== undefined) return null
  if (!jumps.test(value("proxyjump") ?? "none")) return null
  return [...said.filter((line) => harmless.test(line)), "ProxyCommand=none"]
    .flatMap((line) => ["-o", line])
    .concat(host)
}

/** ssh puts them into the words of a shell. */
const jumps = /^((\w[\w.-]*@)?[\w[][\w.:\]-]*(,(?=.)|$))+$/
const harmless =
  /^(port|user|addressfamily|identityfile|identitiesonly|identityagent|certificatefile|hostkeyalias|stricthostkeychecking|userknownhostsfile|globalknownhostsfile|proxyjump) /

/** Not in the state directory: that disk may be full. Null when it could not be made. */
function directory(): string | null {
  try {
    return Fs.mkdtempSync(Path.join(Os.tmpdir(), "breakglass-"))
  } catch {
    return null
  }
}

/** Bytes of all notes: the agent writes them, and can put anything in their place. */
const most = 1024 * 1024

const entries = (file: string): ReadonlyArray<string> => {
  try {
    const notes = plain(file).split("\n\n")
    return notes.length > 1 && notes.pop() === "" ? notes : [...notes, ""]
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? [] : [""]
  }
}

/** Throws instead of waiting: a FIFO would hold the whole server. */
const plain = (file: string): string => {
  const fd = Fs.openSync(file, Fs.constants.O_RDONLY | Fs.constants.O_NONBLOCK)
  try {
    const stat = Fs.fstatSync(fd)
    if (!stat.isFile() || stat.size > most) throw new Error("not notes")
    return Fs.readFileSync(fd, "utf8")
  } finally {
    Fs.closeSync(fd)
  }
}

const words = (pid: number, of: "cmdline" | "environ"): ReadonlyArray<string> => {
  try {
    return Fs.readFileSync(`/proc/${pid}/${of}`, "utf8").split("\0").slice(0, -1)
  } catch {
    return []
  }
}
