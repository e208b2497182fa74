/** argv as the real CLI takes it: the options of its --help, its hidden ones that we use, and its exact refusals. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { write } from "./write.mjs"

const help = readFileSync(new URL("../../fixtures/claude/HELP.txt", import.meta.url), "utf8")
const hidden = ["--max-turns <turns>", "--permission-prompt-tool <tool>"]
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const allTools = [
  ..."Task Bash CronCreate CronDelete CronList Edit EnterWorktree ExitWorktree NotebookEdit Read ReportFindings".split(
    " "
  ),
  ..."ScheduleWakeup SendMessage Skill TaskCreate TaskGet TaskList TaskOutput TaskStop TaskUpdate".split(" "),
  ..."WebFetch WebSearch Workflow Write".split(" ")
]
const builtIn = ["claude", "Explore", "general-purpose", "Plan", "statusline-setup"]

export function readOptions(argv, HOME, standing) {
  const given = parse(argv)
  if (given["--version"]) leave(0, standing.find(({ name }) => name === "version")?.rest ?? "2.1.197 (Claude Code)")
  if (given["--help"]) leave(0, help)
  const streamIn = given["--input-format"] === "stream-json"
  const streamOut = given["--output-format"] === "stream-json"
  if (streamIn && !streamOut) refuse("Error: --input-format=stream-json requires output-format=stream-json.")
  if (streamOut && !given["--verbose"]) {
    refuse("Error: When using --print, --output-format=stream-json requires --verbose")
  }
  if (!streamIn) refuse("fake claude: only --input-format stream-json is scripted")
  const resume = given["--resume"]
  const id = given["--session-id"]
  if (id && !uuid.test(id)) refuse("Error: Invalid session ID. Must be a valid UUID.")
  if (id && resume && !given["--fork-session"]) {
    refuse("Error: --session-id can only be used with --continue or --resume if --fork-session is also specified.")
  }
  const bypass = given["--dangerously-skip-permissions"] || given["--permission-mode"] === "bypassPermissions"
  if (bypass && process.getuid() === 0 && process.env.IS_SANDBOX !== "1") {
    refuse("--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons")
  }
  return {
    id: resume ?? id,
    resume: resume !== undefined,
    resumable: resume === undefined || uuid.test(resume),
    partial: given["--include-partial-messages"] === true,
    bypass: bypass === true,
    model:
      { sonnet: "claude-sonnet-5", opus: "claude-opus-4-8" }[given["--model"]] ?? given["--model"] ?? "claude-sonnet-5",
    maxTurns: Number(given["--max-turns"] ?? Infinity) || Infinity,
    ...agent(given, HOME)
  }
}

/** An agent that cannot be had is no error here: the real one silently goes on with every tool it has. */
function agent(given, HOME) {
  const agents = { ...fromFiles(given, HOME), ...fromJson(given["--agents"]) }
  const named = agents[given["--agent"]]
  const own = named === undefined ? allTools : (named.tools ?? allTools)
  const narrowed = given["--tools"]?.split(/[\s,]+/)
  return {
    agents: [...Object.keys(agents), ...builtIn],
    tools: narrowed === undefined ? own : own.filter((tool) => narrowed.includes(tool))
  }
}

function fromJson(text = "{}") {
  try {
    const agents = JSON.parse(text)
    const sound = ({ description, prompt, tools }) =>
      description && prompt && (tools === undefined || Array.isArray(tools))
    return Object.values(agents).every(sound) ? agents : {}
  } catch {
    return {}
  }
}

function fromFiles(given, HOME) {
  const folder = join(HOME, ".claude/agents")
  if (!(given["--setting-sources"] ?? "user").includes("user") || !existsSync(folder)) return {}
  const files = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"))
  const field = (text, key) => new RegExp(`^${key}: *(.*)$`, "m").exec(text)?.[1]
  return Object.fromEntries(
    files.map((text) => [field(text, "name"), { tools: field(text, "tools")?.split(/[\s,]+/) }])
  )
}

function parse(argv) {
  const known = knownOptions()
  const given = {}
  const rest = [...argv]
  while (rest.length > 0) {
    const arg = rest.shift()
    const [, flag = arg, inline] = /^(--[^=]+)=([\s\S]*)$/.exec(arg) ?? []
    const option = known.get(flag)
    if (!flag.startsWith("-") || flag === "--") refuse("fake claude: a prompt in argv is not scripted")
    if (option === undefined) refuse(`error: unknown option '${flag}'`)
    if (option.takes === "") given[option.name] = true
    else if (inline !== undefined) given[option.name] = inline
    else if (rest.length > 0 && (option.takes === "<" || !rest[0].startsWith("-"))) given[option.name] = rest.shift()
    else if (option.takes === "<") refuse(`error: option '${option.term}' argument missing`)
    else given[option.name] = true
    while (option.variadic && rest.length > 0 && !rest[0].startsWith("-")) given[option.name] += ` ${rest.shift()}`
  }
  return given
}

function knownOptions() {
  const known = new Map()
  const listed = help.split("\n").flatMap((line) => /^ {2}(-\S.*?)(?: {2,}|$)/.exec(line)?.[1] ?? [])
  for (const term of [...listed, ...hidden]) {
    const flags = term.match(/(?<=^|[ ,])--?[\w-]+/g)
    const takes = /[<[]/.exec(term)?.[0] ?? ""
    for (const flag of flags) known.set(flag, { name: flags.at(-1), term, takes, variadic: term.includes("...") })
  }
  return known
}

function leave(code, text) {
  write(1, text.trimEnd() + "\n")
  process.exit(code)
}

function refuse(text) {
  write(2, text + "\n")
  process.exit(1)
}
