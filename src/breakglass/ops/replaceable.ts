/**
 * Whether a process of this user could put another file in the place of this one. The agent's commands run as the server's
 * user, so a file that they can replace proves nothing.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { geteuid } from "node:process"

/** The file, or a directory above it, that this user can change. Null when there is none. */
export const replaceable = (file: string): string | null => {
  const real = attempt(() => Fs.realpathSync(file)) ?? file
  return [...above(file), ...above(real)].find(changeable) ?? null
}

const above = (path: string): ReadonlyArray<string> => {
  const up = Path.dirname(path)
  return up === path ? [path] : [path, ...above(up)]
}

const changeable = (path: string): boolean => {
  const stat = attempt(() => Fs.lstatSync(path))
  if (stat === null) return false
  // An owner can change the mode.
  if (stat.uid === geteuid?.()) return true
  if (stat.isSymbolicLink()) return false
  // In a sticky directory, such as /tmp, only one's own files can be renamed (inode(7)).
  const sticky = stat.isDirectory() && (stat.mode & 0o1000) !== 0
  return !sticky && attempt(() => Fs.accessSync(path, Fs.constants.W_OK)) !== null
}

const attempt = <A>(read: () => A): A | null => {
  try {
    return read()
  } catch {
    return null
  }
}
