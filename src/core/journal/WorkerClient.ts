/**
 * The journal's thread as the server sees it. Requests are answered in order, and late when the disk is late: the server's
 * own thread never waits. A thread that died has failed the requests it had, and is started again by the next.
 */
import { Effect, Option } from "effect"
import { Worker } from "node:worker_threads"
import type { JournalSettings } from "./types.ts"
import type { WorkerReply, WorkerRequest } from "./calls.ts"

export interface WorkerClient {
  readonly ask: (request: WorkerRequest) => Effect.Effect<WorkerReply>
  /** For how many milliseconds the next answer has been awaited; 0 when none is. */
  readonly silent: () => number
}

export const make = ({ directory, quota, worker: entry }: JournalSettings) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const waiting: Array<(answer: WorkerReply) => void> = []
      let since = 0
      let worker: Worker | null = null
      const start = () => {
        const started = new Worker(entry, {
          workerData: { directory, quota },
          env: {}
        })
        started.on("message", (answer: WorkerReply) => {
          since = performance.now()
          waiting.shift()?.(answer)
        })
        let why = "it ended"
        started.on("error", (error: Error) => (why = error.message))
        started.on("exit", () => {
          if (worker === started) worker = null
          for (const resume of waiting.splice(0)) resume(died(why))
        })
        return started
      }
      const ask = (request: WorkerRequest) =>
        Effect.callback<WorkerReply>((resume) => {
          try {
            worker ??= start()
          } catch (error) {
            return resume(Effect.succeed(died(error instanceof Error ? error.message : "it did not start")))
          }
          if (waiting.length === 0) since = performance.now()
          waiting.push((answer) => resume(Effect.succeed(answer)))
          worker.postMessage(request)
        })
      const silent = () => (waiting.length === 0 ? 0 : performance.now() - since)
      return { ask, silent, end: () => void worker?.terminate() }
    }),
    ({ ask, end }) =>
      Effect.map(Effect.timeoutOption(ask({ name: "close", args: [] }), "2 seconds"), (closed) => {
        // `process.exit` joins its threads, and one that is inside the kernel does not end.
        if (Option.isNone(closed)) process.once("exit", endNow)
        end()
      })
  )

const died = (why: string): WorkerReply => ({
  _tag: "Failed",
  reason: `the journal's thread failed: ${why}`,
  full: false
})

/** Ends the process after 7 s if the disk does not answer: its exit would wait as long as the disk does. */
export const beginShutdown = ({ silent }: WorkerClient) => {
  const from = performance.now()
  setInterval(() => {
    if (performance.now() - from > 7000 && silent() > 2000) endNow()
  }, 500).unref()
}

const endNow = () => process.kill(process.pid, "SIGKILL")
