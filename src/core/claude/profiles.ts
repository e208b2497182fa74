/** What a kind of agent may do. Every run of the CLI has a profile; nothing here is allowed to every one of them. */

export interface Profile {
  /** The only tools it has. */
  readonly tools: ReadonlyArray<string>
  /** `skip`: its tools run without a question. `default`: a tool that would ask is refused, since nobody is there to ask. */
  readonly permissions: "default" | "skip"
  /** Variables of the server's own environment that the CLI and its tools get. Tools can read every one of them. */
  readonly inherited: ReadonlyArray<string>
  /** Variables that are set for the CLI. */
  readonly settings: Readonly<Record<string, string>>
  /** The variable that marks every process of a turn. */
  readonly markerName: string
}

/** What a CLI needs to reach its model. */
export const modelVariables = [
  "LANG",
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "ANTHROPIC_BASE_URL",
  "IS_SANDBOX"
] as const

/** For a CLI that no person sits at. */
export const unattended = {
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
  // `@/path` in a prompt would attach the file.
  CLAUDE_CODE_DISABLE_ATTACHMENTS: "1"
}

/** For a CLI with Bash. */
export const boundedCommands = {
  // A command that goes to the background outlives its turn and starts a second one nobody asked for.
  CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: "1",
  BASH_DEFAULT_TIMEOUT_MS: "120000",
  BASH_MAX_TIMEOUT_MS: "600000",
  BASH_MAX_OUTPUT_LENGTH: "30000"
}

/** An agent that only talks. */
export const conversation = (markerName: string): Profile => ({
  tools: [],
  permissions: "default",
  inherited: modelVariables,
  settings: unattended,
  markerName
})
