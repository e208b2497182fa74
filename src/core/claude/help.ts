/** Whether a CLI takes what `command` says to it: every flag, read off the argv itself, against its --help. Pure. */
import { type Options, turn } from "./command.ts"
import { conversation } from "./profiles.ts"

/** Taken by 2.1.197 though its --help does not list them. */
const unlisted = ["--max-turns"]

const most: Options = {
  file: "claude",
  agent: { name: "", description: "", prompt: "" },
  profile: { ...conversation(""), permissions: "skip" },
  model: "",
  conversation: { id: "", mode: "new" },
  place: { home: "", config: "", cwd: "", tmp: "" },
  maxTurns: 1,
  maxBudgetUsd: 1,
  path: "",
  tools: {},
  turn: ""
}

/** Every flag a turn may be started with. */
export const flags: ReadonlyArray<string> = [
  ...new Set(
    (["new", "resume"] as const)
      .flatMap((mode) => turn({ ...most, conversation: { id: "", mode } }).args)
      .filter((arg) => arg.startsWith("-"))
  )
]

/**
 * Those that this help does not list: as an option of its own, not as a word in the text of another. Of what is no help of
 * Claude Code's (2.1.197 begins "Usage: claude ") nothing follows: a wrapper need not know of it.
 */
export const missing = (help: string): ReadonlyArray<string> => {
  if (!/^Usage: claude /m.test(help)) return []
  const terms = [...help.matchAll(/^ {2}(-\S.*?)(?: {2,}|$)/gm)].map(([, term = ""]) => term)
  const listed = new Set(terms.flatMap((term) => term.match(/(?<=^|[ ,])--?[\w-]+/g) ?? []))
  return flags.filter((flag) => !listed.has(flag) && !unlisted.includes(flag))
}
