/** How a run went, by what was seen of it; pure. */
import * as Path from "node:path"
import type { Event, Outcome } from "../../contract/Event.ts"
import { complaint, failed, type Result } from "../claude/StreamJson.ts"
import type { Exited } from "../process/SubprocessRunner.ts"
import { interrupted } from "./toEvents.ts"

/** What ended a run. `Exited`: the CLI, by itself. */
export type Ended =
  | { readonly _tag: "Exited" }
  | { readonly _tag: "Stopped" }
  | { readonly _tag: "Shutdown" }
  | { readonly _tag: "TimedOut"; readonly seconds: number }
  /** Nothing was said for so long; `tool`: while this command ran. */
  | { readonly _tag: "Silent"; readonly seconds: number; readonly tool: string | null }
  /** The summary of a conversation that grew too long was not there after so long. */
  | { readonly _tag: "NoSummary"; readonly seconds: number }
  | { readonly _tag: "Journal"; readonly reason: string }
  /** A fault of ours; the server's log has its cause. */
  | { readonly _tag: "Defect" }

export interface RunReport {
  readonly ended: Ended
  readonly result: Result | null
  readonly opened: boolean
  readonly exited: Exited
  readonly stderr: string
}

export interface Verdict {
  readonly outcome: Outcome
  /** What the log says about it before `turn_end`; a stop has its own `cancelled`, success has nothing. */
  readonly error: string | null
}

export const verdict = ({ ended, result, exited, stderr }: RunReport): Verdict => {
  switch (ended._tag) {
    case "Stopped":
      return { outcome: "cancelled", error: null }
    case "Shutdown":
      return {
        outcome: "interrupted",
        error: "The server was stopped while this turn ran. Send the prompt again to go on."
      }
    case "TimedOut":
      return { outcome: "timed_out", error: `turn timed out after ${ended.seconds}s` }
    case "Silent":
      return { outcome: "failed", error: ended.tool === null ? modelSilent(ended.seconds) : toolSilent(ended) }
    case "NoSummary":
      return { outcome: "failed", error: noSummary(ended.seconds) }
    case "Journal":
      return { outcome: "failed", error: `The journal could not be written (${ended.reason}), so the turn was ended.` }
    case "Defect":
      return { outcome: "failed", error: defect }
    case "Exited":
      if (result === null) return { outcome: "failed", error: died(exited, stderr) }
      return failed(result) ? { outcome: "failed", error: cut(failure(result)) } : { outcome: "completed", error: null }
  }
}

export const defect = "The server failed inside this turn; its log has the cause. What the agent started was ended."

const modelSilent = (seconds: number): string =>
  `The AI service said nothing for ${seconds} s, so the turn was ended. No command was running. ` +
  "Send the prompt again, or use the VM controls, which work without it."

const toolSilent = ({ seconds, tool }: Extract<Ended, { _tag: "Silent" }>): string =>
  `${tool} ran for ${seconds} s without an end, so it and the turn were ended. Send a prompt to go on.`

const noSummary = (seconds: number): string =>
  `The agent had no summary of this conversation after ${seconds} s, so the turn was ended. No command was running. ` +
  "Without a summary the conversation is too long for the model. Send the prompt again to have the summary tried once " +
  "more, or start a new session and tell the agent what it needs to know. VM controls work without it."

/**
 * A run that had said its result when it was to be ended has ended by itself. An error counts only if it was said before:
 * 2.1.197, stopped while it compacts, answers "Prompt is too long".
 */
export const effectiveEnd = (ended: Ended, result: Result | null, resultBefore: boolean): Ended =>
  ended._tag === "Journal" || result === null || interrupted(result) || (failed(result) && !resultBefore)
    ? ended
    : { _tag: "Exited" }

/** The CLI says that it does not have the conversation of this id. */
export const conversationLost = (result: Result | null, stderr: string): boolean =>
  [result === null ? "" : complaint(result), stderr].some((text) =>
    text.includes("No conversation found with session ID")
  )

export const conversationTaken = (stderr: string): boolean => /Session ID \S+ is already in use/.test(stderr)

/** The model is silent and no command runs. */
export const silenceNotice = (seconds: number, limit: number): Event => ({
  kind: "notice",
  code: "quiet",
  text: `The AI service is silent (${seconds} s; giving up at ${limit} s). VM controls work meanwhile.`
})

/** The agent could not be started at all. The name is without the directories it was looked for in. */
export const notStarted = (file: string, reason: string): string =>
  reason === "ENOENT"
    ? `The agent could not be started: no program "${Path.basename(file)}" was found (or its working directory is gone). ` +
      "Nothing ran. Install Claude Code or set BREAKGLASS_CLAUDE to its path."
    : `The agent could not be started: "${Path.basename(file)}" gave ${reason}. Nothing ran.`

/** Its directory could not be made, or its conversation could not be copied there. */
export const noHome = (reason: string): string =>
  `The agent was not started: the directory for this turn could not be made (${reason}). Nothing ran. Free the disk of the ` +
  "sessions directory, or make it writable, and send the prompt again. The VM controls do not need it."

export const errorEvent = (error: string): Event => ({ kind: "error", error })

const died = ({ code, signal }: Exited, stderr: string): string => {
  const words = stderr.trim()
  if (words.includes("cannot be used with root")) {
    return "The agent refuses to run as root. Nothing ran. Run the server as another user, or set IS_SANDBOX=1 where it is contained."
  }
  // That it was killed is said first: what it printed may be pages of its allocator.
  if (signal !== null) return cut(`The agent was killed (${signal}). ${words}`.trimEnd())
  return words === "" ? `exit ${code}` : cut(words)
}

const failure = (result: Result): string => {
  const words = result.result ?? (complaint(result) || result.subtype || "The agent ended the turn without a verdict.")
  if (result.subtype === "error_max_turns") return "The turn reached its limit of model calls. Send a prompt to go on."
  if (result.subtype === "error_max_budget_usd") return "The turn reached its budget. Send a prompt to go on."
  if (words.startsWith("Not logged in")) {
    return "The agent has no model credential. Nothing ran. Set CLAUDE_CODE_OAUTH_TOKEN or ANTHROPIC_API_KEY and restart the server."
  }
  // 2.1.332 has the second of them too.
  if (/^(Prompt is too long|Request too large for the API)/.test(words)) {
    return (
      `The model refused this conversation as too long ("${words}"). Nothing ran after that. ` +
      "Start a new session and tell the agent what it needs to know: this one is kept, to be read."
    )
  }
  return words
}

const cut = (text: string): string =>
  text.length > 500 ? `${text.slice(0, 499).replace(/[\uD800-\uDBFF]$/, "")}…` : text
