/**
 * Options to argv, environment and stdin lines of the Claude CLI; pure. The flags and variables are those that survived
 * experiment on 2.1.197 (docs/adr/0003). Nothing an operator typed is ever in argv.
 */
import type { Program } from "../process/SubprocessRunner.ts"

/** What the recovery agent is told, in the form `--agents` takes. */
export interface Agent {
  readonly name: string
  readonly description: string
  readonly prompt: string
  readonly tools: ReadonlyArray<string>
}

export interface Options {
  /** `claude`, or an absolute path. */
  readonly file: string
  readonly agent: Agent
  readonly model: string
  /** The CLI's own conversation. `new` claims the id, which works once; then it must be resumed. */
  readonly conversation: { readonly id: string; readonly mode: "new" | "resume" }
  /** Of this turn alone: what an earlier one wrote into its own is not read. */
  readonly place: {
    readonly home: string
    readonly config: string
    readonly cwd: string
    readonly tmp: string
  }
  readonly maxTurns: number
  readonly maxBudgetUsd: number | null
  /** Where programs are looked for. The agent's own tools come first: its `ssh` can be stopped on the other end. */
  readonly path: string
  /** What the agent's own tools need to know; no secret. */
  readonly tools: Readonly<Record<string, string>>
  /** Names this turn in the environment of everything it starts; a UUID. */
  readonly turn: string
}

/** What may name a conversation. It becomes an argument of its own, and comes from the CLI and from the disk. */
export const conversationId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The variable that marks every process of a turn. */
export const markerName = "BREAKGLASS_TURN"

/** Of the server's environment, all but PATH that the CLI and its tools are given. Tools can read every one of them. */
export const inherited = [
  "LANG",
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "ANTHROPIC_BASE_URL",
  "IS_SANDBOX",
  "SSH_AUTH_SOCK"
] as const

export const turn = (options: Options): Omit<Program, "stdin"> => ({
  file: options.file,
  args: [
    "-p",
    ...["--input-format", "stream-json"],
    ...["--output-format", "stream-json"],
    "--verbose",
    "--include-partial-messages",
    // Inline and with no settings read: a hook, MCP server or agent that an earlier turn planted on disk stays inert.
    ...["--setting-sources", ""],
    "--strict-mcp-config",
    ...["--agents", agents(options.agent)],
    ...["--agent", options.agent.name],
    // With stream-json input an agent the CLI cannot read is no error: it runs with all 24 of its tools instead.
    ...["--tools", options.agent.tools.join(",")],
    "--dangerously-skip-permissions",
    ...["--model", options.model],
    ...["--max-turns", String(options.maxTurns)],
    ...(options.maxBudgetUsd === null ? [] : ["--max-budget-usd", String(options.maxBudgetUsd)]),
    ...[options.conversation.mode === "new" ? "--session-id" : "--resume", options.conversation.id]
  ],
  inherit: inherited,
  env: {
    ...settings,
    ...options.tools,
    PATH: options.path,
    HOME: options.place.home,
    CLAUDE_CONFIG_DIR: options.place.config,
    CLAUDE_CODE_TMPDIR: options.place.tmp
  },
  cwd: options.place.cwd,
  marker: `${markerName}=${options.turn}`
})

/**
 * The prompt as a line of stdin. The newline in front keeps a leading `/` from being run as a command of the CLI's own
 * (`/clear` even changes the conversation's id).
 */
export const prompt = (text: string): string =>
  `${JSON.stringify({ type: "user", message: { role: "user", content: `\n${text}` } })}\n`

/**
 * Before the prompt. 2.1.332 records what the agent is told at a conversation's first request and sends that for ever
 * after; this has it send what it is given now. It has a flag for it too, which 2.1.197 refuses; this it ignores.
 */
export const initialize = `${JSON.stringify({
  type: "control_request",
  request_id: "initialize",
  request: { subtype: "initialize", systemPromptSnapshot: false }
})}\n`

/** Ends the running turn and the tool it is in: the only thing that does, short of SIGINT. Safe at any time. */
export const interrupt = `${JSON.stringify({
  type: "control_request",
  request_id: "stop",
  request: { subtype: "interrupt" }
})}\n`

const agents = ({ name, description, prompt, tools }: Agent): string =>
  JSON.stringify({ [name]: { description, prompt, tools } })

const settings = {
  // Otherwise every new conversation's first prompt is sent once more, to be given a title.
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  DISABLE_TELEMETRY: "1",
  DISABLE_ERROR_REPORTING: "1",
  DISABLE_AUTOUPDATER: "1",
  // Ten by default, about three minutes in which nothing can be said but "trying".
  CLAUDE_CODE_MAX_RETRIES: "3",
  // To the response's headers. Not below a minute: it also limits the repeat of a broken stream.
  API_TIMEOUT_MS: "60000",
  CLAUDE_ENABLE_STREAM_WATCHDOG: "1",
  // A command that goes to the background outlives its turn and starts a second one nobody asked for.
  CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: "1",
  // `@/path` in a prompt would attach the file.
  CLAUDE_CODE_DISABLE_ATTACHMENTS: "1",
  BASH_DEFAULT_TIMEOUT_MS: "120000",
  BASH_MAX_TIMEOUT_MS: "600000",
  BASH_MAX_OUTPUT_LENGTH: "30000"
}
