/** OpenAI's `messages` as what one request to the model holds: a system text, what was said before, and the question; pure. */
import { type Content, content, isRefused, textOf } from "./content.ts"
import { invalid, type Refused, unsupported } from "./refused.ts"

/** One earlier pair: roles alternate, as the Messages API wants them. */
export interface Exchange {
  readonly user: Content
  readonly assistant: string
}

export interface Conversation {
  readonly system: string
  readonly history: ReadonlyArray<Exchange>
  readonly question: Content
}

type Role = "system" | "user" | "assistant"

const roles: ReadonlyMap<unknown, Role> = new Map<unknown, Role>([
  ["system", "system"],
  ["developer", "system"],
  ["user", "user"],
  ["assistant", "assistant"]
])

interface Said {
  readonly role: Role
  readonly content: Content
}

export const conversation = (messages: unknown): Conversation | Refused => {
  if (!Array.isArray(messages) || messages.length === 0) {
    return invalid("messages", "messages must be an array with at least one message.")
  }
  const said: Array<Said> = []
  for (const [at, given] of messages.entries()) {
    const read = message(given, `messages.${at}`)
    if (isRefused(read)) return read
    said.push(read)
  }
  const turns = merged(said.filter(({ role }) => role !== "system"))
  const last = turns.at(-1)
  if (last?.role !== "user" || last.content.length === 0) {
    return invalid("messages", "The last message must be the user's, and must say something.")
  }
  return {
    system: said
      .filter(({ role }) => role === "system")
      .map(({ content }) => textOf(content))
      .join("\n\n"),
    history: exchanges(turns.slice(0, -1)),
    question: last.content
  }
}

const message = (value: unknown, where: string): Said | Refused => {
  if (typeof value !== "object" || value === null) return invalid(where, "A message must be an object.")
  const given = "role" in value ? value.role : undefined
  if (given === "tool" || given === "function") {
    return unsupported(`${where}.role`, "Tools are not run here, so no message can be a tool's answer.")
  }
  const role = roles.get(given)
  if (role === undefined) return invalid(`${where}.role`, "role must be system, developer, user or assistant.")
  const read = content("content" in value ? value.content : undefined, `${where}.content`)
  return isRefused(read) ? read : { role, content: read }
}

/** Neighbours of one role are one turn: the Messages API would put them together without a blank line. */
const merged = (said: ReadonlyArray<Said>): ReadonlyArray<Said> => {
  const turns: Array<Said> = []
  for (const next of said) {
    const before = turns.at(-1)
    if (before?.role !== next.role) turns.push(next)
    else turns.splice(-1, 1, { role: next.role, content: [...before.content, ...next.content] })
  }
  return turns
}

/** What the assistant said first, before any user, answers nobody: it gets a user's turn that says so. */
const exchanges = (turns: ReadonlyArray<Said>): ReadonlyArray<Exchange> => {
  const pairs: Array<Exchange> = []
  let user: Content = [{ type: "text", text: "(The conversation begins with the assistant.)" }]
  for (const { role, content } of turns) {
    if (role === "user") user = content
    else pairs.push({ user, assistant: textOf(content) })
  }
  return pairs
}
