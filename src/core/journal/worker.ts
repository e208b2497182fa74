/** The thread that waits for the disk, so that the server's own never does: a request in, an answer out, in order. */
import { parentPort, workerData } from "node:worker_threads"
import type { JournalSettings } from "./types.ts"
import * as Disk from "./calls.ts"

const calls = Disk.make(workerData as JournalSettings)

parentPort?.on("message", (request: Disk.Request) => parentPort?.postMessage(Disk.answer(calls, request)))
