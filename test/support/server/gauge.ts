/** What a server holds when all its garbage is collected, by gauge.mjs in it. */
import { join } from "node:path"
import type { Server } from "./BreakglassServer.ts"
import { eventually } from "./processes.ts"

export const gauged = { NODE_OPTIONS: `--import ${join(import.meta.dirname, "gauge.mjs")}` }

export interface Gauge {
  /** Bytes. */
  readonly heap: number
  /** Timers, sockets and whatever else would keep a process alive, by kind. */
  readonly resources: string
}

const readings = (server: Server): ReadonlyArray<Gauge> =>
  server
    .stderr()
    .split("\n")
    // A line that has not come whole is not a reading yet.
    .slice(0, -1)
    .flatMap((line) => (line.startsWith("gauge ") ? [JSON.parse(line.slice(6)) as Gauge] : []))

export const gauge = async (server: Server): Promise<Gauge> => {
  const before = readings(server).length
  server.process.kill("SIGUSR2")
  await eventually(() => readings(server).length > before)
  const last = readings(server).at(-1)
  if (last === undefined) throw new Error("no reading")
  return last
}

/** What it has said for itself. */
export const complaints = (server: Server): string => server.stderr().replace(/^gauge .*\n/gm, "")
