/** The real CLI behind a server of its own, and what a test asks it to run. */
import { assert } from "@effect/vitest"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Entry, realClaude, startServer } from "../server/BreakglassServer.ts"
import { one, outcome } from "../session/events.ts"
import { startLoopbackApi } from "./LoopbackApi.ts"
import { discardIdle, programs } from "../server/processes.ts"

export const startRealTurns = async (more: Readonly<Record<string, string>> = {}) => {
  const api = await startLoopbackApi()
  const { env } = programs({ claude: `exec ${realClaude}/claude "$@"`, ssh: "echo the real ssh" })
  const key = { ANTHROPIC_API_KEY: "test-key", ANTHROPIC_BASE_URL: api.url, BREAKGLASS_MAX_CONCURRENT_TURNS: "20" }
  const server = await startServer({ env: { ...env, ...key, ...more } })
  return {
    api,
    server,
    script: (name: string, text: string) => {
      const file = join(server.home, name)
      writeFileSync(file, text)
      return file
    },
    /** A turn that runs this command. */
    run: async (session: string, command: string) => {
      const events = await server.turn(session, `@@bash{${command}}`)
      assert.strictEqual(outcome(events), "completed")
      return events
    },
    end: async () => {
      await api.close()
      await discardIdle(server)
    }
  }
}

/** What the one command of these events printed. */
export const output = (events: ReadonlyArray<Entry>) => one(events, "tool_result").output
