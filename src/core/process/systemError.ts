/** Errors of the system in words, for people: they name no path. */

/** What failed, without the path it failed at. */
export const reason = (error: unknown): string => {
  if (error instanceof Error && "code" in error && "syscall" in error) {
    const code = String(error.code)
    return `${meanings.get(code) ?? "the system refused"} (${code})`
  }
  return error instanceof Error ? error.message : "unknown"
}

const notADirectory = "a file stands where the sessions directory should be"
const meanings: ReadonlyMap<string, string> = new Map([
  ["EEXIST", notADirectory],
  ["ENOTDIR", notADirectory],
  ["EACCES", "this user may not"],
  ["EPERM", "this user may not"],
  ["ENOSPC", "the disk is full"],
  ["EROFS", "the disk is read-only"],
  ["EIO", "the disk gives errors"]
])
