/**
 * The directory that a turn is given as its HOME: new for each turn, empty except for the CLI's transcript of this
 * conversation, and removed when the turn ends. What a turn writes there (settings, shell files, a git configuration) has no
 * effect on a later one. Runs in the journal's thread, since it waits for the same disk.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { reason } from "../process/systemError.ts"
import { conversationId } from "./command.ts"

/** The directories of a turn. `directory` is the server's state. */
export const directories = (directory: string, turn: string) => {
  const home = Path.join(directory, "turns", turn)
  return { home, config: Path.join(home, ".claude"), cwd: Path.join(home, "work"), tmp: Path.join(home, "tmp") }
}

export const make = (directory: string) => {
  const keptTranscript = (conversation: string) => Path.join(directory, "conversations", `${conversation}.jsonl`)
  const inHome = (turn: string, conversation: string) => {
    const cwd = directories(Fs.realpathSync(directory), turn).cwd
    return transcript(directories(directory, turn).config, cwd, conversation)
  }
  return {
    /** Before turns had homes of their own the CLI kept its transcripts under `former`: one from there is carried over. */
    openHome: (turn: string, conversation: string, former: string): void => {
      const { home, config, cwd, tmp } = directories(directory, turn)
      Fs.mkdirSync(Path.dirname(home), { recursive: true, mode: 0o700 })
      for (const each of [home, config, cwd, tmp]) Fs.mkdirSync(each, { mode: 0o700 })
      if (!conversationId.test(conversation)) return
      const before = transcript(former, Path.join(Fs.realpathSync(directory), "work"), conversation)
      const lines = messages(keptTranscript(conversation), conversation) ?? messages(before, conversation)
      if (lines === null) return
      const file = inHome(turn, conversation)
      Fs.mkdirSync(Path.dirname(file), { recursive: true, mode: 0o700 })
      Fs.writeFileSync(file, lines, { flag: "wx", mode: 0o600 })
    },
    /** Removes it; null when the transcript is kept, or none was written, else why it is not. */
    closeHome: (turn: string, conversation: string): string | null => {
      try {
        if (!conversationId.test(conversation)) return null
        const file = inHome(turn, conversation)
        const stat = Fs.lstatSync(file, { throwIfNoEntry: false })
        if (stat === undefined) return null
        if (!isPlain(stat)) return "its file is not a plain one, or too large"
        Fs.mkdirSync(Path.dirname(keptTranscript(conversation)), { recursive: true, mode: 0o700 })
        Fs.renameSync(file, keptTranscript(conversation))
        return null
      } catch (error) {
        return reason(error)
      } finally {
        remove(directories(directory, turn).home)
      }
    },
    /** Comes first when a session is deleted: a session that is still there can be deleted again. */
    forget: (conversation: string): void => {
      if (conversationId.test(conversation)) Fs.rmSync(keptTranscript(conversation), { force: true })
    },
    /** What a server that was killed has left; only while no turn runs. */
    removeHomes: (): void => {
      const turns = Path.join(directory, "turns")
      for (const name of Fs.existsSync(turns) ? Fs.readdirSync(turns) : []) remove(Path.join(turns, name))
    }
  }
}

/** Bytes of one transcript; a long incident's has a few million. */
const maxBytes = 64 * 1024 * 1024

/** A file with a second name may be any file that this user can read. */
const isPlain = (stat: Fs.Stats) => stat.isFile() && stat.nlink === 1 && stat.size <= maxBytes

/** Where the CLI (2.1.197) keeps a conversation that was started in `cwd`. */
const transcript = (config: string, cwd: string, conversation: string) => {
  const name = cwd.replace(/[^a-zA-Z0-9]/g, "-")
  let hash = 0
  for (let at = 0; at < cwd.length; at++) hash = (hash * 31 + cwd.charCodeAt(at)) | 0
  const short = name.length <= 200 ? name : `${name.slice(0, 200)}-${Math.abs(hash).toString(36)}`
  return Path.join(config, "projects", short, `${conversation}.jsonl`)
}

/** The types of messages. The other lines are the CLI's settings for this conversation, such as a directory to work in. */
const messageTypes: ReadonlySet<unknown> = new Set(["user", "assistant", "system", "attachment", "progress"])

/** The lines of a transcript that are messages of this conversation; null when there are none. */
const messages = (file: string, conversation: string): Buffer | null => {
  const bytes = read(file)
  if (bytes === null) return null
  const lines: Array<Buffer> = []
  for (let from = 0, end = bytes.indexOf(10); end >= 0; from = end + 1, end = bytes.indexOf(10, from)) {
    const line = bytes.subarray(from, end + 1)
    if (isMessage(line.toString("utf8"), conversation)) lines.push(line)
  }
  return lines.length === 0 ? null : Buffer.concat(lines)
}

const isMessage = (line: string, conversation: string): boolean => {
  try {
    const { type, uuid, sessionId } = JSON.parse(line) as Record<string, unknown>
    return messageTypes.has(type) && typeof uuid === "string" && sessionId === conversation
  } catch {
    return false
  }
}

/** Follows no link, and does not wait for a FIFO. */
const read = (file: string): Buffer | null => {
  let fd: number
  try {
    fd = Fs.openSync(file, Fs.constants.O_RDONLY | Fs.constants.O_NOFOLLOW | Fs.constants.O_NONBLOCK)
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null
    if (["ENOENT", "ELOOP", "ENXIO", "ENOTDIR"].some((none) => none === code)) return null
    throw error
  }
  try {
    return isPlain(Fs.fstatSync(fd)) ? Fs.readFileSync(fd) : null
  } finally {
    Fs.closeSync(fd)
  }
}

/** What cannot be removed stays until the next start; no turn looks there again. */
const remove = (directory: string): void => {
  const destroy = () => Fs.rmSync(directory, { recursive: true, force: true })
  try {
    destroy()
  } catch {
    try {
      // A directory that its owner may not write to, as package managers leave them.
      unlock(directory)
      destroy()
    } catch {
      return
    }
  }
}

const unlock = (directory: string): void => {
  Fs.chmodSync(directory, 0o700)
  for (const entry of Fs.readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) unlock(Path.join(directory, entry.name))
  }
}
