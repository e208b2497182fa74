/**
 * A sign of life for `deploy/with-keys`, which ends a server that gives none: a process that was stopped (SIGSTOP) or whose
 * event loop hangs still exists but answers nobody. Another process of the same user can also lower its limits (prlimit(2)):
 * without open files it accepts no connection. Then the server ends itself, and is started again with its own limits.
 */
import { Effect, Layer } from "effect"
import * as Fs from "node:fs"
import { Config } from "../config/Config.ts"
import { repeatSafely } from "../../core/time/repeatSafely.ts"

export const heartbeat = Layer.effectDiscard(
  Effect.gen(function* () {
    const { heartbeat } = yield* Config
    if (heartbeat === null) return
    const atStart = yield* limits
    const beat = Effect.gen(function* () {
      if ((yield* limits) === atStart) return yield* write(heartbeat)
      yield* Effect.logError("Another process changed this server's limits (prlimit). It ends, to be started again.")
      yield* Effect.sync(() => process.kill(process.pid, "SIGTERM"))
    })
    yield* repeatSafely("5 seconds", beat)
  })
)

/** Null when no file can be opened. */
const limits = Effect.sync(() => {
  try {
    return Fs.readFileSync("/proc/self/limits", "utf8")
  } catch {
    return null
  }
})

/** Waits for the write: when nobody reads, the pipe is full, and further writes would each hold a thread of the pool. */
const write = (fd: number) => Effect.callback<void>((resume) => Fs.write(fd, ".", () => resume(Effect.void)))
