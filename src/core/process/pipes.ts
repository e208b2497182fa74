/** A child's three pipes as Effects: read in time, fed in order, and let go of when the program is gone. */
import { Array, Cause, Effect, type Pull, Stream } from "effect"
import type { Readable, Writable } from "node:stream"
import * as Lines from "./lines.ts"

/** How long after its program's exit a pipe is still read. A grandchild may hold it open for ever. */
export const drain = "1 second"

/** Bytes of stderr that are kept. */
const stderrKept = 64 * 1024

type Pulled = Pull.Pull<Array.NonEmptyReadonlyArray<Lines.Line>>

/** Read from the start: a program blocks for ever on a full stderr pipe. */
export const tail = (stderr: Readable) => {
  let kept: Buffer = Buffer.alloc(0)
  stderr.on("data", (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk])
    if (kept.length > stderrKept) kept = kept.subarray(kept.length - stderrKept)
  })
  const ended = Effect.callback<void>((resume) => {
    if (stderr.readableEnded || stderr.destroyed) return resume(Effect.void)
    stderr.once("close", () => resume(Effect.void))
  })
  return { text: () => kept.toString("utf8"), ended }
}

export const feed = (stdin: Writable, source: Stream.Stream<string>) => {
  // EPIPE: the program stopped reading. Its exit says the rest.
  stdin.on("error", () => {})
  const write = (text: string) =>
    Effect.callback<void>((resume) => {
      stdin.write(text, () => resume(Effect.void))
    })
  return Effect.ensuring(
    Stream.runForEach(source, write),
    Effect.sync(() => stdin.end())
  )
}

/**
 * Pulled, never pushed: a slow journal slows the program and does not fill memory. `drainAndClose` is for when the program has
 * exited and a grandchild holds the pipe, perhaps printing for ever: what a pipe can hold is read, and no more.
 */
export const listen = (stdout: Readable) => {
  let wake = () => {}
  let left = Number.POSITIVE_INFINITY
  let over = false
  // On exit Node resumes a stdout that has no "readable" listener at that moment, and what is buffered is thrown away.
  for (const event of ["readable", "end", "close", "error"]) stdout.on(event, () => wake())
  const ended = () => stdout.readableEnded || stdout.destroyed
  const more = Effect.callback<void>((resume) => {
    wake = () => resume(Effect.void)
    if (stdout.readableLength > 0 || ended()) wake()
  })
  // A moment, because what is in the kernel's half of the pipe comes after what was in ours.
  const last = Effect.andThen(
    Effect.sleep("50 millis"),
    Effect.sync(() => stdout.destroy())
  )
  const splitter = Lines.make()
  const pull: Pulled = Effect.suspend(() => {
    if (over) return Cause.done()
    const chunk: Buffer | null = left > 0 ? stdout.read() : null
    left -= chunk?.length ?? 0
    over = chunk === null && (left <= 0 || ended())
    const lines = chunk !== null ? splitter.push(chunk) : over ? splitter.end() : []
    if (Array.isReadonlyArrayNonEmpty(lines)) return Effect.succeed(lines)
    if (chunk !== null || over) return pull
    return Effect.andThen(left === Number.POSITIVE_INFINITY ? more : Effect.raceFirst(more, last), pull)
  })
  const drainAndClose = () => {
    left = pipeHolds
    wake()
  }
  return { pull, drainAndClose }
}

/** Bytes: both ends of a pipe on Linux, with room to spare. */
const pipeHolds = 1024 * 1024
