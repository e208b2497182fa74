/**
 * What the loopback API answers: the first `@@name` or `@@name{arg}` in the newest prompt picks the reply, and a prompt
 * without one is greeted. The step is the number of assistant messages since that prompt, so tool loops advance alone.
 *
 *   @@text{words}         one text block                      @@context        text: one line per message received
 *   @@bash{cmd}           Bash, then "Done: <tool results>"   @@tool{Name {}}  any tool with that input, then "Done: ..."
 *   @@parallel            three Bash calls in one message: one slow, one quick, one failing
 *   @@chain{n}            n Bash calls, one after the other   @@forever{cmd}   a Bash call at every step
 *   @@think  @@thinkbash  thinking before text, before Bash   @@long{bytes}    one text block of that size
 *   @@slow{n ms}          n text deltas, ms apart             @@late{ms}       that long before the response headers
 *   @@hang                accepted, never answered            @@dropnow        the socket dies before any byte
 *   @@stall{n} @@drop{n}  n deltas, then silence / a dead socket, also when repeated without a stream
 *   @@dropstream{n}       as drop, but the repeat without a stream is answered
 *   @@sseerror @@badjson  one delta, then an error event / a broken data line
 *   @@status{code k}      HTTP error `code`, for the first k requests of this prompt (without k: for ever)
 *   @@retryafter{code s}  HTTP error with a retry-after header of s seconds
 *   @@stop{reason}        text with that stop_reason          @@empty          a message without content
 *   @@usage{tokens}       text; says that it read so many tokens (near the model's window the CLI compacts next)
 *   @@summary{ms}         anywhere in the conversation: a compaction's summary is answered so much later
 *   @@toolong             HTTP 400, as for a prompt over the model's window; a summary of it fails in the same way
 */

export type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: object }

export interface ReceivedBlock {
  readonly type: string
  readonly text?: string
  readonly content?: unknown
}

export interface ReceivedMessage {
  readonly role: string
  readonly content: string | ReadonlyArray<ReceivedBlock>
}

/** The part of a Messages API request that scripts and tests read. */
export interface MessagesBody {
  readonly model?: string
  readonly stream?: boolean
  readonly system?: ReadonlyArray<{ readonly text: string }>
  readonly tools?: ReadonlyArray<{ readonly name: string; readonly input_schema: { readonly properties: object } }>
  readonly messages?: ReadonlyArray<ReceivedMessage>
}

export type Reply =
  | {
      readonly kind: "message"
      readonly blocks: ReadonlyArray<Block>
      readonly stop?: string
      readonly pieces?: number
      readonly everyMs?: number
      readonly lateMs?: number
      /** Of input; what the CLI thinks its context holds. */
      readonly tokens?: number
    }
  | { readonly kind: "broken"; readonly end: "stall" | "drop" | "error" | "garbage"; readonly deltas: number }
  | {
      readonly kind: "status"
      readonly code: number
      readonly times: number
      readonly retryAfter?: number
      readonly message?: string
    }
  | { readonly kind: "hang" }
  | { readonly kind: "reset" }

export const replyTo = (body: MessagesBody): Reply => {
  const { prompt, step } = newestPrompt(body)
  const marker = /@@([a-z]+)(?:\{((?:[^{}]|\{[^{}]*\})*)\})?/.exec(prompt ?? "")
  const arg = marker?.[2]
  const [first, second] = (arg ?? "").trim().split(/\s+/).map(Number)
  if (prompt !== undefined && compaction.test(prompt)) return summarized(body)
  const done = says(`Done: ${toolResults(body).join(" | ")}`)
  switch (marker?.[1]) {
    case undefined:
      return says("Hello from loopback.")
    case "text":
      return says(arg ?? "")
    case "bash":
      return step === 0 ? blocks(text("Running it."), bash(arg ?? "echo hi")) : done
    case "tool": {
      const [, name = "Bash", input = "{}"] = /^\s*(\S+)\s*([\s\S]*)$/.exec(arg ?? "") ?? []
      return step === 0 ? blocks(tool(name, JSON.parse(input))) : done
    }
    case "parallel":
      return step === 0
        ? blocks(text("Three at once."), bash("sleep 0.3; echo one"), bash("echo two"), bash("echo three >&2; exit 3"))
        : done
    case "chain":
      return step < (first || 2) ? blocks(bash(`echo step ${step}`)) : done
    case "forever":
      return blocks(bash(arg ?? `echo step ${step}`))
    case "think":
      return blocks(think("Let me think about it."), text("Thought about it."))
    case "thinkbash":
      return step === 0
        ? blocks(think("I need a command."), bash("echo hi"))
        : blocks(think("It said hi."), text("Done: hi"))
    case "long":
      return says("x".repeat(first || 100_000))
    case "slow": {
      const words = Array.from({ length: first || 600 }, (_, i) => `w${i} `)
      return { kind: "message", blocks: [text(words.join(""))], pieces: words.length, everyMs: second ?? 100 }
    }
    case "late":
      return { kind: "message", blocks: [text("Late hello.")], lateMs: first || 1000 }
    case "hang":
      return { kind: "hang" }
    case "dropnow":
      return { kind: "reset" }
    case "stall":
      return { kind: "broken", end: "stall", deltas: arg ? (first ?? 3) : 3 }
    case "drop":
      return { kind: "broken", end: "drop", deltas: arg ? (first ?? 3) : 3 }
    case "dropstream":
      return body.stream
        ? { kind: "broken", end: "drop", deltas: arg ? (first ?? 3) : 3 }
        : says("Whole answer, not streamed.")
    case "sseerror":
      return { kind: "broken", end: "error", deltas: 1 }
    case "badjson":
      return { kind: "broken", end: "garbage", deltas: 1 }
    case "status":
      return { kind: "status", code: first || 500, times: second ?? Infinity }
    case "retryafter":
      return { kind: "status", code: first || 429, times: Infinity, retryAfter: second ?? 1 }
    case "stop":
      return { kind: "message", blocks: [text("Stopped early.")], stop: arg ?? "max_tokens" }
    case "empty":
      return blocks()
    case "toolong":
      return tooLong
    case "usage":
      return { kind: "message", blocks: [text("Used a lot.")], tokens: first || 190_000 }
    case "context":
      return says((body.messages ?? []).map(oneLine).join("\n"))
    default:
      return says(`No such scenario: ${marker?.[0]}`)
  }
}

/** The operator's newest words, byte for byte as the CLI sent them, and how many answers they already had. */
export const newestPrompt = (body: MessagesBody): { readonly prompt: string | undefined; readonly step: number } => {
  let step = 0
  for (const message of [...(body.messages ?? [])].reverse()) {
    if (message.role === "assistant") step++
    const prompt = message.role === "user" ? words(message).at(-1) : undefined
    if (prompt !== undefined) return { prompt, step }
  }
  return { prompt: undefined, step }
}

/** The texts of a message, without the reminders that the CLI puts beside them. */
const words = (message: ReceivedMessage): ReadonlyArray<string> =>
  typeof message.content === "string"
    ? [message.content]
    : message.content.flatMap(({ text }) => (text === undefined || text.startsWith("<system-reminder>") ? [] : [text]))

const toolResults = (body: MessagesBody): ReadonlyArray<string> => {
  const content = body.messages?.at(-1)?.content ?? ""
  return typeof content === "string"
    ? []
    : content.filter(({ type }) => type === "tool_result").map(({ content }) => String(content))
}

const oneLine = (message: ReceivedMessage) =>
  `${message.role}: ${words(message).join("\n").trim() || JSON.stringify(message.content).slice(0, 120)}`

/** What the CLI asks for when it compacts. */
const compaction = /create a detailed summary of (the|this) conversation/

const summarized = (body: MessagesBody): Reply => {
  const all = (body.messages ?? []).flatMap(words).join("\n")
  if (all.includes("@@toolong")) return tooLong
  const ms = Number(/@@summary\{(\d+)\}/.exec(all)?.[1] ?? 0)
  return { kind: "message", blocks: [text("<summary>The words were said.</summary>")], lateMs: ms }
}

const tooLong: Reply = {
  kind: "status",
  code: 400,
  times: Infinity,
  message: "prompt is too long: 250000 tokens > 200000 maximum"
}

const text = (text: string): Block => ({ type: "text", text })
const think = (thinking: string): Block => ({ type: "thinking", thinking, signature: "bG9vcGJhY2s=" })
const tool = (name: string, input: object): Block => ({ type: "tool_use", id: freshId("toolu"), name, input })
const bash = (command: string) => tool("Bash", { command, description: "loopback" })
const blocks = (...blocks: ReadonlyArray<Block>): Reply => ({ kind: "message", blocks })
const says = (words: string) => blocks(text(words))

export const freshId = (prefix: string) => `${prefix}_${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`
