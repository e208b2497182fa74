/** What the CLI says, as events of a log; pure. The clock is the caller's. */
import type { Event } from "../../contract/Event.ts"
import { complaint, failed, type Message, type Result } from "../claude/StreamJson.ts"

/** Tools that were called and have no result yet. */
export type OpenTools = ReadonlyMap<string, { readonly name: string; readonly since: number }>

interface Translated {
  readonly events: ReadonlyArray<Event>
  readonly open: OpenTools
}

export const toEvents = (message: Message, open: OpenTools, now: number): Translated => {
  switch (message.type) {
    case "system":
      return { events: system(message), open }
    case "assistant": {
      const events = message.message.content.flatMap((block): ReadonlyArray<Event> => {
        if ("text" in block) return block.text === "" ? [] : [{ kind: "text", text: block.text }]
        if ("name" in block) {
          const { id, name, input = {} } = block
          return [{ kind: "tool", name, input: atMostDeep(input, maxDepth), tool_id: id }]
        }
        return []
      })
      const called = events.flatMap((event) =>
        event.kind === "tool" ? [[event.tool_id, { name: event.name, since: now }] as const] : []
      )
      return { events, open: called.length === 0 ? open : new Map([...open, ...called]) }
    }
    case "user":
      return finished(message, open, now)
    case "result":
      return { events: interrupted(message) ? [] : [closing(message)], open: new Map() }
    case "stream_event":
      return { events: [], open }
  }
}

/** JSON.parse has no limit of depth; the code that walks the value later has one. */
const atMostDeep = (value: unknown, depth: number): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (depth === 0) return "[nested too deep to show]"
  if (Array.isArray(value)) return value.map((inner) => atMostDeep(inner, depth - 1))
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, atMostDeep(inner, depth - 1)]))
}

const maxDepth = 64

type System = Extract<Message, { type: "system" }>

const system = (message: System): ReadonlyArray<Event> => {
  switch (message.subtype) {
    case "init":
      return message.session_id === undefined ? [] : [{ kind: "session", session_id: message.session_id }]
    case "api_retry":
      return [{ kind: "notice", code: "api_retry", text: retrying(message) }]
    case "status":
      if (message.status === "compacting") return [compacting]
      return message.compact_result === "failed" ? [notCompacted(message.compact_error)] : []
    case "compact_boundary":
      return [compacted]
  }
}

const retrying = ({ attempt, max_retries, error_status }: Extract<System, { subtype: "api_retry" }>): string =>
  `The AI service ${typeof error_status !== "number" ? "does not answer" : `answered ${error_status}`}` +
  (attempt === undefined ? "." : ` (try ${attempt}${max_retries === undefined ? "" : ` of ${max_retries}`}).`) +
  (attempt !== undefined && attempt > 1 ? "" : " VM controls work without it.")

const compacting: Event = {
  kind: "notice",
  code: "compacting",
  text:
    "This conversation has become too long for the model, so the agent is writing a summary of it to go on with. " +
    "That often takes several minutes, and no command runs meanwhile. VM controls work without it."
}

const compacted: Event = {
  kind: "notice",
  code: "compacted",
  text:
    "The agent goes on with the summary in place of the conversation. The log above is complete, but the agent may " +
    "have lost details: tell it again what matters."
}

const notCompacted = (why: string | undefined): Event => ({
  kind: "notice",
  code: "compact_failed",
  text:
    `The summary could not be written${why === undefined ? "" : ` (${why.slice(0, 200)})`}; the agent goes on without it. ` +
    "If the model then refuses the conversation as too long, start a new session and tell the agent what it needs to know."
})

const finished = (message: Extract<Message, { type: "user" }>, open: OpenTools, now: number): Translated => {
  const blocks = message.message.content
  if (typeof blocks === "string") return { events: [], open }
  const left = new Map(open)
  const events = blocks.flatMap((block): ReadonlyArray<Event> => {
    if (!("tool_use_id" in block)) return []
    const since = open.get(block.tool_use_id)?.since ?? now
    left.delete(block.tool_use_id)
    const output = forPeople(asText(block.content))
    return [
      {
        kind: "tool_result",
        tool_id: block.tool_use_id,
        is_error: block.is_error ?? false,
        output,
        truncated: false,
        output_bytes: Buffer.byteLength(output),
        duration_ms: now - since
      }
    ]
  })
  return { events, open: left }
}

type Content = Extract<Extract<Message, { type: "user" }>["message"]["content"], ReadonlyArray<unknown>>[number]
type ToolContent = Extract<Content, { tool_use_id: string }>["content"]

const asText = (content: ToolContent): string => {
  if (content === undefined) return ""
  if (typeof content === "string") return content
  return content.map((block) => ("text" in block ? block.text : `[${block.type}]`)).join("\n")
}

/** The CLI writes about an interrupted tool for the model. */
const forPeople = (output: string): string =>
  output.startsWith("The user doesn't want to proceed with this tool use")
    ? "Stopped before it finished; what it had printed is lost."
    : output

const closing = (message: Result): Event => ({
  kind: "result",
  is_error: failed(message),
  result: message.result ?? reason(message),
  duration_ms: message.duration_ms ?? 0,
  cost_usd: message.total_cost_usd ?? 0,
  usage: { input_tokens: 0, output_tokens: 0, ...message.usage }
})

/** A stop has its own event; the CLI's result would show it as an error. */
export const interrupted = (message: Result): boolean => message.terminal_reason?.startsWith("aborted_") === true

const reason = (message: Result): string => {
  if (message.subtype === "error_max_turns") return "The turn reached its limit of model calls."
  if (message.subtype === "error_max_budget_usd") return "The turn reached its budget."
  return complaint(message) || (message.subtype ?? "")
}
