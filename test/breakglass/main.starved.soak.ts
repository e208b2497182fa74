/** A machine whose processors are taken by others. */
import { assert, describe, it } from "@effect/vitest"
import { type ChildProcess, spawn } from "node:child_process"
import { availableParallelism } from "node:os"
import { discard, startServer } from "../support/server/BreakglassServer.ts"
import { outcome } from "../support/session/events.ts"
import { upTo } from "../support/journal/journals.ts"
import { programs } from "../support/server/processes.ts"

const seconds = Number(process.env["SOAK_SECONDS"] ?? 90)

describe("the server, last in line for every processor", () => {
  it("RES-05 is heard from every 30 s, and its verbs and turns come to an end", async () => {
    const { env } = programs({ ssh: "echo status: running" })
    const server = await startServer({ env, under: ["nice", "-n", "19"] })
    const busy: Array<ChildProcess> = []
    try {
      const session = await server.session()
      const reader = await server.attach(session)
      for (const _ of upTo(availableParallelism() * 2)) busy.push(spawn("sh", ["-c", "while :; do :; done"]))
      const until = performance.now() + seconds * 1000
      const gaps: Array<number> = []
      let heard = performance.now()
      let length = 0
      const watch = setInterval(() => {
        const now = performance.now()
        if (reader.text().length === length) return
        gaps.push(now - heard)
        heard = now
        length = reader.text().length
      }, 50)
      const took: Array<number> = []
      while (performance.now() < until) {
        const from = performance.now()
        const answer = await server.post("/api/pve/status")
        took.push(performance.now() - from)
        assert.strictEqual(answer.status, 200)
        assert.strictEqual(((await answer.json()) as { stdout: string }).stdout, "status: running\n")
      }
      clearInterval(watch)
      gaps.push(performance.now() - heard)
      assert.strictEqual(outcome(await server.turn(session, "hello")), "completed")
      took.sort((a, b) => a - b)
      const at = (part: number) => `${Math.round(took[Math.floor((took.length - 1) * part)] ?? 0)} ms`
      console.info(`RES-05: ${took.length} verbs, p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`)
      console.info(`RES-05: the longest silence of a stream ${(Math.max(...gaps) / 1000).toFixed(1)} s`)
      assert.isBelow(Math.max(...gaps), 30_000)
    } finally {
      for (const child of busy) child.kill("SIGKILL")
      await discard(server)
    }
  })
})
