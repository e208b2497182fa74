/**
 * Ends what a turn runs on the other end of its ssh connections. Ending the local ssh leaves that running (OpenSSH does not
 * tell the remote command), so Stop goes there itself, over a connection of its own with a short limit. What runs on a target
 * that does not answer is said to be unknown, never stopped.
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
  Effect.map(destinationNotes, ({ env, read }) => ({
    env,
    stop: ({ pids, exited }) => {
      const running = sshAmong(pids)
      const notes = read()
      return Effect.map(
        stop(ssh, exited && !running.any ? [] : notes, turn),
        (remote) =>
          ({ unmarked }) =>
            // Nothing is known about a connection that Stop did not follow.
            running.foreign || (unmarked && !exited) || read().length > notes.length ? "unknown" : remote
      )
    }
  }))

/** Where the agent's ssh writes down each destination that lets it in; removed with the scope. */
export const destinationNotes = Effect.map(
  Effect.acquireRelease(Effect.sync(makeDirectory), (directory) =>
    Effect.sync(() => directory !== null && Fs.rmSync(directory, { recursive: true, force: true }))
  ),
  (directory) => {
    const file = directory === null ? null : Path.join(directory, "places")
    return {
      env: file === null ? {} : { BREAKGLASS_PLACES: file },
      /** One note for each login; an empty one for a login that could not be noted whole. */
      read: (): ReadonlyArray<string> => (file === null ? [""] : readNotes(file))
    }
  }
)

/** Whether an ssh is among these processes, and whether one is not the agent's wrapper's: its destination is not known. */
const sshAmong = (pids: Iterable<number>) => {
  const found = [...pids].filter((pid) => Path.basename(procStrings(pid, "cmdline")[0] ?? "") === "ssh")
  const foreign = found.some(
    (pid) => !procStrings(pid, "environ").some((entry) => entry.startsWith("BREAKGLASS_PLACE="))
  )
  return { any: found.length > 0, foreign }
}

/** A turn has one or two. */
const maxDestinations = 16

export interface Ssh {
  /** The real one. */
  readonly file: string
  readonly knownHosts: string | null
}

/** Goes to each of the destinations once. */
export const stop = Effect.fnUntraced(function* (ssh: Ssh, notes: ReadonlyArray<string>, turn: string) {
  const destinations = [...new Set(notes)]
  const stopped = yield* Effect.forEach(
    destinations.slice(0, maxDestinations),
    (note) => {
      const words = sshWords(note)
      return words === null ? Effect.succeed(false) : stopAt(ssh, words, turn)
    },
    { concurrency: "unbounded" }
  )
  const all = stopped.length === destinations.length && stopped.every(Boolean)
  const remote: Remote = destinations.length === 0 ? "none" : all ? "ended" : "unknown"
  return remote
})

const stopAt = (ssh: Ssh, destination: ReadonlyArray<string>, turn: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const runner = yield* SubprocessRunner
      const running = yield* runner.start({
        file: ssh.file,
        args: [
          ...toTarget(...pinnedIn(ssh.knownHosts), ...limits),
          ...destination,
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

const limits = ["ConnectTimeout=3", "ServerAliveInterval=2", "ServerAliveCountMax=1"]

/**
 * The words that lead ssh to a noted destination; the note is what `ssh -G` printed. The agent can write anything there, so only
 * options that say where and as whom are kept; one that names a program, a library or a file to write is not. Null when the
 * server does not use such a destination: without the option it could reach another machine, where nothing runs.
 */
export const sshWords = (note: string): ReadonlyArray<string> | null => {
  const lines = note.split("\n")
  const value = (name: string) => lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1)
  const host = value("hostname") ?? ""
  if (!/^[\w:][\w.:%-]*$/.test(host) || value("proxycommand") !== undefined) return null
  if (!jumps.test(value("proxyjump") ?? "none")) return null
  return [...lines.filter((line) => harmless.test(line)), "ProxyCommand=none"]
    .flatMap((line) => ["-o", line])
    .concat(host)
}

/** ssh puts them into the words of a shell. */
const jumps = /^((\w[\w.-]*@)?[\w[][\w.:\]-]*(,(?=.)|$))+$/
const harmless =
  /^(port|user|addressfamily|identityfile|identitiesonly|identityagent|certificatefile|hostkeyalias|stricthostkeychecking|userknownhostsfile|globalknownhostsfile|proxyjump) /

/** Not in the state directory: that disk may be full. Null when it could not be made. */
function makeDirectory(): string | null {
  try {
    return Fs.mkdtempSync(Path.join(Os.tmpdir(), "breakglass-"))
  } catch {
    return null
  }
}

/** Of all notes. The agent writes them, and can put anything in their place. */
const maxBytes = 1024 * 1024

const readNotes = (file: string): ReadonlyArray<string> => {
  try {
    const notes = readPlainFile(file).split("\n\n")
    return notes.length > 1 && notes.pop() === "" ? notes : [...notes, ""]
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? [] : [""]
  }
}

/** Throws instead of waiting: a FIFO would hold the whole server. */
const readPlainFile = (file: string): string => {
  const fd = Fs.openSync(file, Fs.constants.O_RDONLY | Fs.constants.O_NONBLOCK)
  try {
    const stat = Fs.fstatSync(fd)
    if (!stat.isFile() || stat.size > maxBytes) throw new Error("not notes")
    return Fs.readFileSync(fd, "utf8")
  } finally {
    Fs.closeSync(fd)
  }
}

const procStrings = (pid: number, of: "cmdline" | "environ"): ReadonlyArray<string> => {
  try {
    return Fs.readFileSync(`/proc/${pid}/${of}`, "utf8").split("\0").slice(0, -1)
  } catch {
    return []
  }
}
