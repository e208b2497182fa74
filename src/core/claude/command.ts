/**
 * Options to argv, environment and stdin lines of the Claude CLI; pure. The flags and variables are those that survived
 * experiment on 2.1.197 (docs/adr/0003). Nothing an operator typed is ever in argv.
 */
import type { Program } from "../process/SubprocessRunner.ts"
import type { Profile } from "./profiles.ts"

/** What the agent is told, in the form `--agents` takes; its tools are its profile's. */
export interface Agent {
  readonly name: string
  readonly description: string
  readonly prompt: string
}

export interface Options {
  /** `claude`, or an absolute path. */
  readonly file: string
  readonly agent: Agent
  readonly profile: Profile
  readonly model: string
  /** The CLI's own conversation. `new` claims the id, which works once; then it must be resumed. */
  readonly conversation: { readonly id: string; readonly mode: "new" | "resume" }
  /** This turn's own: what an earlier turn wrote into its directories is not read. */
  readonly directories: {
    readonly home: string
    readonly config: string
    readonly cwd: string
    readonly tmp: string
  }
  readonly maxTurns: number
  readonly maxBudgetUsd: number | null
  /** PATH. The agent's own tools come first: what its `ssh` starts on the target can be stopped there. */
  readonly path: string
  /** What the agent's own tools need to know, as variables; no secret. */
  readonly variables: Readonly<Record<string, string>>
  /** Names this turn in the environment of everything it starts; a UUID. */
  readonly turn: string
}

/** The id of a conversation. It becomes an argument, and comes from the CLI and from the disk. */
export const conversationId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

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
    ...["--agents", agents(options)],
    ...["--agent", options.agent.name],
    // With stream-json input an agent the CLI cannot read is no error: it runs with all 24 of its tools instead.
    ...["--tools", options.profile.tools.join(",")],
    ...(options.profile.permissions === "skip" ? ["--dangerously-skip-permissions"] : []),
    ...["--model", options.model],
    ...["--max-turns", String(options.maxTurns)],
    ...(options.maxBudgetUsd === null ? [] : ["--max-budget-usd", String(options.maxBudgetUsd)]),
    ...[options.conversation.mode === "new" ? "--session-id" : "--resume", options.conversation.id]
  ],
  inherit: options.profile.inherited,
  env: {
    ...options.profile.settings,
    ...options.variables,
    PATH: options.path,
    HOME: options.directories.home,
    CLAUDE_CONFIG_DIR: options.directories.config,
    CLAUDE_CODE_TMPDIR: options.directories.tmp
  },
  cwd: options.directories.cwd,
  marker: `${options.profile.markerName}=${options.turn}`
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

const agents = ({ agent: { name, description, prompt }, profile: { tools } }: Options): string =>
  JSON.stringify({ [name]: { description, prompt, tools } })
