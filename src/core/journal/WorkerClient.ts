/**
 * The journal's thread as the server sees it. What is asked of it is answered in order, and late when the disk is late:
 * nothing here waits in the server's own thread. One that died has failed what it was asked, and is begun again.
 */
import { Effect, Option } from "effect"
import { Worker } from "node:worker_threads"
import type { JournalSettings } from "./types.ts"
import type { WorkerReply, WorkerRequest } from "./calls.ts"

export interface Thread {
  readonly ask: (request: WorkerRequest) => Effect.Effect<WorkerReply>
  /** For how many milliseconds it has owed the answer that is next. */
  readonly silent: () => number
}

export const make = ({ directory, quota, worker: entry }: JournalSettings) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const waiting: Array<(answer: WorkerReply) => void> = []
      let since = 0
      let worker: Worker | null = null
      const begin = () => {
        const begun = new Worker(entry, {
          workerData: { directory, quota },
          env: {}
        })
        begun.on("message", (answer: WorkerReply) => {
          since = performance.now()
          waiting.shift()?.(answer)
        })
        let why = "it ended"
        begun.on("error", (error: Error) => (why = error.message))
        begun.on("exit", () => {
          if (worker === begun) worker = null
          for (const resume of waiting.splice(0)) resume(died(why))
        })
        return begun
      }
      const ask = (request: WorkerRequest) =>
        Effect.callback<WorkerReply>((resume) => {
          try {
            worker ??= begin()
          } catch (error) {
            return resume(Effect.succeed(died(error instanceof Error ? error.message : "it did not begin")))
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
        // `process.exit` joins its threads, and one that is inside the kernel does not come.
        if (Option.isNone(closed)) process.once("exit", endNow)
        end()
      })
  )

const died = (why: string): WorkerReply => ({
  _tag: "Failed",
  reason: `the journal's thread failed: ${why}`,
  full: false
})

/** Whoever waits for the disk on the way down would wait as long as it does. */
export const leave = ({ silent }: Thread) => {
  const from = performance.now()
  setInterval(() => {
    if (performance.now() - from > 7000 && silent() > 2000) endNow()
  }, 500).unref()
}

const endNow = () => process.kill(process.pid, "SIGKILL")
