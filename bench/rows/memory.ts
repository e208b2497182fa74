/** What stays resident: with nobody there, after a long session, and of each reader that waits for what comes. */
import { setTimeout as pause } from "node:timers/promises"
import { row } from "../report/Figure.ts"
import { attachAll, played } from "../server/turns.ts"

/** Milliseconds after which a process holds what it will go on to hold. */
const settled = 1500
const sessions = 20

export const memory = row(
  "memory",
  {
    idle: { what: "resident, idle", unit: "MiB", better: "less", wanted: { value: 90 }, noise: 3 },
    long: { what: "resident, after 50,000 events", unit: "MiB", better: "less", wanted: { value: 130 }, noise: 15 },
    reader: { what: "an idle reader", unit: "KiB", better: "less", wanted: { value: 40 }, noise: 5 }
  },
  async ({ start, scaled }) => {
    const server = await start()
    await pause(settled)
    const idle = server.resident() / 1024
    await played(server, scaled(50_000))
    await pause(settled)
    const long = server.resident() / 1024
    await server.stop()

    const other = await start()
    const logs = await Promise.all(Array.from({ length: sessions }, () => other.session()))
    const count = scaled(120 / logs.length)
    const attached = async () => (await Promise.all(logs.map((log) => attachAll(other, log, count)))).flat()
    // What the first of so many leave behind is not of those who wait.
    for (const reader of await attached()) reader.close()
    await pause(settled)
    const before = other.resident()
    const readers = await attached()
    await pause(settled)
    if (readers.some(({ open }) => !open)) throw new Error("the server let idle readers go")
    const reader = (other.resident() - before) / readers.length
    return { idle, long, reader }
  }
)
