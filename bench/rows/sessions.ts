/** What stays in memory of a session that was created, attached to and left. */
import { setTimeout as pause } from "node:timers/promises"
import { row } from "../report/Figure.ts"
import type { Started } from "../server/Server.ts"
import { attach } from "../server/turns.ts"

export const sessions = row(
  "sessions",
  {
    cpu: {
      what: "a session created, attached and left: server CPU",
      unit: "ms",
      better: "less",
      wanted: { times: 2 }
    },
    // None is wanted; below one KiB a process of this size shows only its own unrest.
    kept: {
      what: "the same, kept in memory, each of 2,000",
      unit: "KiB",
      better: "less",
      wanted: { value: 1 },
      noise: 2
    }
  },
  async ({ start, scaled }) => {
    const server = await start()
    // Past what a collector leaves lying about.
    await left(server, scaled(2000))
    const before = server.resident()
    const used = server.cpu()
    const count = scaled(2000)
    await left(server, count)
    return { cpu: ((server.cpu() - used) * 1000) / count, kept: (server.resident() - before) / count }
  }
)

const left = async (server: Started, count: number) => {
  for (let nth = 0; nth < count; nth++) (await attach(server, await server.session())).close()
  await pause(1000)
}
