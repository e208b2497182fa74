/** A session as the draft of a post-mortem, in Markdown, made without a model; pure. */
import type { Entry } from "../../contract/Event.ts"
import { written } from "../../core/ssh/printable.ts"

export interface Incident {
  readonly title: string
  readonly target: string
  readonly session: string
}

/** Given the session's events one by one, then asked for its text. */
export const postmortem = ({ title, target, session }: Incident) => {
  const lines: Array<string> = []
  const commands: Array<string> = []
  const called = new Map<string, string>()
  let cost = 0
  let first = ""
  let last = ""
  const add = (entry: Entry): void => {
    if (first === "") first = entry.at
    last = entry.at
    if (entry.kind === "tool") called.set(entry.tool_id, command(entry))
    if (entry.kind === "result") cost += entry.cost_usd
    if (entry.kind === "tool_result") {
      const how = entry.is_error ? "failed" : "ok"
      commands.push(
        `| ${clock(entry.at)} | ${code(called.get(entry.tool_id) ?? "?")} | ${how} | ${entry.duration_ms} ms |`
      )
    }
    const line = said(entry, called)
    if (line !== null) lines.push(`- **${clock(entry.at)}** ${line}`)
  }
  const text = (): string =>
    [
      `# ${inline(title === "" ? "Untitled incident" : title)}`,
      `- Target: ${inline(target)}\n- Session: ${session}\n- From ${first} to ${last} (UTC)\n- Model cost: $${cost.toFixed(2)}`,
      "## Summary\n\n_To be written._",
      "## Root cause\n\n_To be written._",
      `## Timeline (UTC)\n\n${lines.join("\n")}`,
      `## Commands\n\n| at | command | result | took |\n|---|---|---|---|\n${commands.join("\n")}`,
      "## Follow-up\n\n- [ ] _To be written._",
      ""
    ].join("\n\n")
  return { add, text }
}

const said = (entry: Entry, called: ReadonlyMap<string, string>): string | null => {
  switch (entry.kind) {
    case "user":
      return `The operator asked: ${inline(entry.text)}`
    case "text":
      return inline(entry.text)
    case "tool":
      return `ran ${code(called.get(entry.tool_id) ?? entry.name)}`
    case "notice":
      return `(${inline(entry.text)})`
    case "error":
      return `Error: ${inline(entry.error)}`
    case "cancelled":
      return `Stopped by the operator: ${entry.ended} processes ended, ${entry.left} left; on the target: ${entry.remote}`
    case "turn_end":
      return `Turn ${entry.outcome}.`
    case "session":
    case "tool_result":
    case "result":
      return null
  }
}

const command = ({ name, input }: Extract<Entry, { kind: "tool" }>): string =>
  typeof input === "object" && input !== null && "command" in input && typeof input.command === "string"
    ? input.command
    : name

const clock = (at: string): string => at.slice(11, 19)

/** One line that cannot become a heading, a link or a table of its own. */
const inline = (text: string): string =>
  written(text)
    .replace(/\s+/g, " ")
    .trim()
    .replace(/[\\`*_[\]<>|#]/g, "\\$&")

/** A code span longer than any run of backticks in it (CommonMark 6.1). */
const code = (text: string): string => {
  const flat = written(text).replace(/\s+/g, " ").trim().replaceAll("|", "\\|")
  const fence = "`".repeat(Math.max(0, ...(flat.match(/`+/g) ?? []).map(({ length }) => length)) + 1)
  return `${fence} ${flat} ${fence}`
}
