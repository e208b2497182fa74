/** What the journal's thread runs: one request in, one reply out, in order. The server's own thread never waits for the disk. */
import { parentPort, workerData } from "node:worker_threads"
import * as Calls from "./calls.ts"
import type { DiskSettings, Homes } from "./types.ts"

/** A process calls this in the entry of its worker, with what else it does on the journal's disk. */
export const serve = (homes: (directory: string) => Homes): void => {
  const settings = workerData as DiskSettings
  const calls = Calls.make(settings, homes(settings.directory))
  parentPort?.on("message", (request: Calls.WorkerRequest) => parentPort?.postMessage(Calls.reply(calls, request)))
}
