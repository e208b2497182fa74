/**
 * The real CLI and the fake one behind the same bench, so that one test can put the same question to both. Each bench has
 * a HOME and a working directory of its own, a loopback API, and an environment that starts from nothing.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { tested } from "../../../src/core/claude/ClaudeCheck.ts"
import { type ClaudeProcess, startClaude } from "./ClaudeProcess.ts"
import { type LoopbackApi, ring, startLoopbackApi } from "./LoopbackApi.ts"

export interface Bench {
  readonly api: LoopbackApi
  readonly home: string
  readonly cwd: string
  /** The same requests in the words each of the two understands. */
  readonly words: Words
  /** Starts it with the product's options, then `args`. */
  start(args: ReadonlyArray<string>, instead?: Instead): ClaudeProcess
  dispose(): Promise<void>
}

export interface Instead {
  readonly product?: ReadonlyArray<string>
  /** Added to the environment; "" leaves one out. */
  readonly variables?: Readonly<Record<string, string>>
}

export interface Words {
  readonly text: string
  readonly bash: string
  readonly slow: string
  /** A command that rings the bell `asleep` and then sleeps. */
  readonly sleep: string
  readonly recall: string
  readonly thinkBash: string
  readonly parallel: string
  readonly overloaded: string
  readonly threeCommands: string
}

const root = resolve(import.meta.dirname, "../../..")
const program = (folder: string) =>
  join(root, folder, `node_modules/@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`)

/** Both ends of the range that is supported; test/need installs the oldest, for the tests alone. */
export const realClis = {
  oldest: { version: tested.oldest, file: program("test/oldest") },
  newest: { version: tested.newest, file: program(".") }
} as const
export type End = keyof typeof realClis

/** The one that npm installs beside the server. */
export const realClaude = realClis.newest.file
export const fakeClaude = join(root, "test/fakes/claude")

export const realBench = (end: End = "newest") =>
  makeBench(realClis[end].file, (url) => ({
    text: "@@text{Hello there.}",
    bash: "@@bash{echo hi}",
    slow: "@@slow{2000 10}",
    sleep: `@@bash{${ring(url, "asleep")}; sleep 300}`,
    recall: "@@context",
    thinkBash: "@@thinkbash",
    parallel: "@@parallel",
    overloaded: "@@status{529}",
    threeCommands: "@@chain{3}"
  }))

export const fakeBench = () =>
  makeBench(fakeClaude, (url) => ({
    text: "#say Hello there.",
    bash: "#say Running it.\n#bash echo hi",
    slow: "#slow 2000 10",
    sleep: `#say Running it.\n#bash ${ring(url, "asleep")}; sleep 300`,
    recall: "#recall",
    thinkBash: "#think I need a command.\n#bash echo hi\n#think It said hi.\n#say Done: hi",
    parallel: "#say Three at once.\n#parallel sleep 0.3; echo one ;; echo two ;; echo three >&2; exit 3",
    overloaded: "#api-error 529",
    threeCommands: "#bash echo 1\n#bash echo 2\n#bash echo 3"
  }))

/** Uses a bench and takes it down: its processes, its API, its folders. */
export const on = async <A>(make: () => Promise<Bench>, use: (bench: Bench) => Promise<A>): Promise<A> => {
  const bench = await make()
  try {
    return await use(bench)
  } finally {
    await bench.dispose()
  }
}

const agents = JSON.stringify({
  breakglass: { description: "Repairs.", prompt: "You repair.", tools: ["Bash", "Read"] }
})

export const productArgs: ReadonlyArray<string> = [
  "-p",
  ...["--input-format", "stream-json"],
  ...["--output-format", "stream-json"],
  "--verbose",
  "--include-partial-messages",
  ...["--setting-sources", ""],
  "--strict-mcp-config",
  ...["--agents", agents],
  ...["--agent", "breakglass"],
  "--dangerously-skip-permissions",
  ...["--model", "sonnet"],
  ...["--max-turns", "200"]
]

const makeBench = async (file: string, words: (url: string) => Words): Promise<Bench> => {
  const api = await startLoopbackApi()
  const home = mkdtempSync(join(tmpdir(), "claude-home-"))
  const cwd = mkdtempSync(join(tmpdir(), "claude-cwd-"))
  const running = new Set<ClaudeProcess>()
  return {
    api,
    home,
    cwd,
    words: words(api.url),
    start: (args, { product = productArgs, variables = {} } = {}) => {
      const all = { ...environment(home, api.url), ...variables }
      const env = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""))
      const claude = startClaude({ file, args: [...product, ...args], env, cwd })
      running.add(claude)
      void claude.ended.then(() => running.delete(claude))
      return claude
    },
    dispose: async () => {
      for (const claude of running) claude.kill("SIGKILL")
      await Promise.all([...running].map(({ ended }) => ended))
      await api.close()
      // What the CLI keeps outside its HOME.
      const scratch = join("/tmp", `claude-${process.getuid?.()}`, cwd.replaceAll(/[^a-zA-Z0-9]/g, "-"))
      for (const folder of [home, cwd, scratch])
        rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    }
  }
}

/** From nothing: whatever the developer's shell holds, the CLI talks to 127.0.0.1 with a key that is none. */
const environment = (home: string, url: string): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "/usr/bin:/bin",
  HOME: home,
  LANG: "C.UTF-8",
  ANTHROPIC_API_KEY: "test-key",
  ANTHROPIC_BASE_URL: url,
  IS_SANDBOX: "1",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  DISABLE_TELEMETRY: "1",
  DISABLE_ERROR_REPORTING: "1",
  DISABLE_AUTOUPDATER: "1",
  CLAUDE_CODE_MAX_RETRIES: "1",
  API_TIMEOUT_MS: "60000",
  CLAUDE_ENABLE_STREAM_WATCHDOG: "1",
  CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: "1",
  CLAUDE_CODE_DISABLE_ATTACHMENTS: "1"
})
