/** Whether a CLI takes every flag that `command` may give it, by its --help. Pure. */
import { type Options, turn } from "./command.ts"
import { conversation } from "./profiles.ts"

/** Taken by 2.1.197 though its --help does not list them. */
const unlisted = ["--max-turns"]

const everything: Options = {
  file: "claude",
  agent: { name: "", description: "", prompt: "" },
  profile: { ...conversation(""), permissions: "skip" },
  model: "",
  conversation: { id: "", mode: "new" },
  directories: { home: "", config: "", cwd: "", tmp: "" },
  maxTurns: 1,
  maxBudgetUsd: 1,
  path: "",
  variables: {},
  turn: ""
}

/** Every flag that a run may be started with. */
export const flags: ReadonlyArray<string> = [
  ...new Set(
    (["new", "resume"] as const)
      .flatMap((mode) => turn({ ...everything, conversation: { id: "", mode } }).args)
      .filter((arg) => arg.startsWith("-"))
  )
]

/**
 * The flags that this help does not list as an option (as a word in the text of another does not count). None when it is no
 * help of Claude Code's (2.1.197 begins "Usage: claude "): a wrapper need not have one.
 */
export const missing = (help: string): ReadonlyArray<string> => {
  if (!/^Usage: claude /m.test(help)) return []
  const terms = [...help.matchAll(/^ {2}(-\S.*?)(?: {2,}|$)/gm)].map(([, term = ""]) => term)
  const listed = new Set(terms.flatMap((term) => term.match(/(?<=^|[ ,])--?[\w-]+/g) ?? []))
  return flags.filter((flag) => !listed.has(flag) && !unlisted.includes(flag))
}
