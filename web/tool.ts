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
      .replace(/\s*\n\s*/g, " ⏎ ")
      .slice(0, 300),
    whole,
    about
  }
}

/** Who logs in, and the quotes around what is run there, are read in the whole; the line has room for what is run. */
const short = (line: string): string =>
  line.replace(/^ssh (?:[\w-]+@)?([\w.-]+) (["'])([^"']*)\2$/, (_, host: string, _quote, command: string) =>
    ["ssh", host, command].join(" ")
  )

const string = (value: unknown): string => (typeof value === "string" ? value : "")
