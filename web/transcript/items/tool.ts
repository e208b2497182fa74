/** What a tool call says in one line, and in full. */
export interface Summary {
  readonly line: string
  readonly whole: string
  /** The model's own words for it, if it gave any. */
  readonly about: string
}

export const summary = (name: string, input: unknown): Summary => {
  const fields: Readonly<Record<string, unknown>> = typeof input === "object" && input !== null ? { ...input } : {}
  const about = string(fields["description"])
  const telling =
    string(fields["command"]) || string(fields["file_path"]) || string(fields["pattern"]) || string(fields["url"])
  const alone = Object.keys(fields).every((key) => key === "command" || key === "description" || key === "timeout")
  const whole = telling !== "" && alone ? telling : (JSON.stringify(input, undefined, 2) ?? "")
  const line = telling === "" ? `${name} ${about}` : alone ? telling : `${name} ${telling}`
  return {
    line: short(line)
      .split("\n")
      .map((each) => each.trim())
      .filter((each) => each !== "")
      .join(" ⏎ ")
      .slice(0, 300),
    whole,
    about
  }
}

/** Without the login name, the time limit and the quotes around the remote command: the line has room for the command. */
const short = (line: string): string => {
  const [, host, command = ""] = overSsh.exec(line) ?? []
  if (host === undefined) return line
  const [, one, two = one ?? command] = /^(?:"([^"']*)"|'([^"']*)')$/.exec(command) ?? []
  return ["ssh", host, two].join(" ")
}

/** Only options that change neither what runs nor where: any other is shown, with all that is before it. */
const overSsh = new RegExp(
  "^(?:timeout (?:-k \\d+s? )?\\d+s? )?ssh (?:(?:-[TtqnxC46]+|-o ?(?:" +
    "(?:BatchMode|ConnectTimeout|ConnectionAttempts|ServerAliveInterval|ServerAliveCountMax|LogLevel)=\\w+" +
    "|StrictHostKeyChecking=(?:yes|accept-new))) +)*(?:[\\w-]+@)?(\\w[\\w.-]*) +(.*)$",
  "s"
)

const string = (value: unknown): string => (typeof value === "string" ? value : "")
