/** The thread that waits for the disk, so that the server's own never does: a request in, an answer out, in order. */
import { parentPort, workerData } from "node:worker_threads"
import type { Quota } from "../../breakglass/config/Config.ts"
import * as Disk from "./calls.ts"

const { directory, quota } = workerData as { readonly directory: string; readonly quota: Quota }
const calls = Disk.make(directory, quota)

parentPort?.on("message", (request: Disk.Request) => parentPort?.postMessage(Disk.answer(calls, request)))
