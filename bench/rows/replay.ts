/** How long readers wait for what was there before they came. */
import { row } from "../report/Figure.ts"
import { median } from "../report/statistics.ts"
import { now } from "../server/Reader.ts"
import type { Started } from "../server/Server.ts"
import { played } from "../server/turns.ts"

const wanted = { times: 2 }

export const replay = row(
  "replay",
  {
    cpu: { what: "replay of 50,000 events: server CPU an event", unit: "µs", better: "less", wanted },
    ten: { what: "replay of 10,000 events", unit: "ms", better: "less", wanted, noise: 3 },
    fifty: { what: "replay of 50,000 events", unit: "ms", better: "less", wanted, noise: 10 },
    twenty: { what: "the same, by 20 readers at once", unit: "ms", better: "less", wanted, noise: 50 }
  },
  async ({ start, scaled }) => {
    const server = await start()
    const small = await played(server, scaled(10_000))
    const ten = await thrice(server, small, scaled(10_000))
    const large = await played(server, scaled(50_000))
    const fifty = await thrice(server, large, scaled(50_000))
    const twenty = await replayed(server, large, scaled(50_000), 20)
    return { cpu: fifty.cpu, ten: ten.took, fifty: fifty.took, twenty: twenty.took }
  }
)

const thrice = async (server: Started, session: string, count: number) => {
  const all = []
  for (let round = 0; round < 3; round++) all.push(await replayed(server, session, count, 1))
  return { took: median(all.map(({ took }) => took)), cpu: median(all.map(({ cpu }) => cpu)) }
}

/** Milliseconds until the median reader has caught up; microseconds of the server an event. */
const replayed = async (server: Started, session: string, count: number, size: number) => {
  const used = server.cpu()
  const began = now()
  const readers = Array.from({ length: size }, () => server.read(session))
  const took = (await Promise.all(readers.map((reader) => reader.caughtUp()))).map((at) => at - began)
  const cpu = ((server.cpu() - used) * 1e6) / (count * size)
  for (const reader of readers) reader.close()
  const missing = readers.find(({ frames }) => frames <= count)
  if (missing !== undefined) throw new Error(`a reader caught up with ${missing.frames} frames of ${count} lines`)
  return { took: median(took), cpu }
}
