/** From the prompt to the first request of the real CLI's to its model, for a new session and for its next turn. */
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { startLoopbackApi } from "../../test/support/claude/LoopbackApi.ts"
import { row } from "../report/Figure.ts"
import { median } from "../report/statistics.ts"
import { attach } from "../server/turns.ts"

/** Milliseconds from the session's opening to its first prompt: nobody types faster. */
const typing = 2000
const claude = join(import.meta.dirname, "../../node_modules/.bin/claude")

export const request = row(
  "request",
  {
    first: {
      what: "prompt → first model request, real CLI",
      unit: "ms",
      better: "less",
      wanted: { value: 120 },
      noise: 30
    },
    next: { what: "the same, next turn", unit: "ms", better: "less", wanted: { value: 30 }, noise: 15 }
  },
  async ({ start, scaled }) => {
    const api = await startLoopbackApi()
    const server = await start({
      BREAKGLASS_CLAUDE: claude,
      ANTHROPIC_API_KEY: "test-key",
      ANTHROPIC_BASE_URL: api.url
    })
    const [first, next]: [Array<number>, Array<number>] = [[], []]
    for (let nth = 0; nth < scaled(3); nth++) {
      const session = await server.session()
      const reader = await attach(server, session)
      await pause(typing)
      for (const [turn, took] of [first, next].entries()) {
        const words = `question ${nth} ${turn}`
        const began = performance.now()
        await server.prompt(session, words)
        await api.waitFor(({ url, prompt }) => url.startsWith("/v1/messages") && prompt?.trim() === words)
        took.push(performance.now() - began)
        await reader.turnEnd(turn + 1)
        await pause(typing)
      }
      reader.close()
    }
    await api.close()
    return { first: median(first), next: median(next) }
  }
)
