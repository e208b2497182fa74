/** A turn, as its readers have it. */
import { setTimeout as pause } from "node:timers/promises"
import type { OnFrame, Reader } from "./Reader.ts"
import type { Started } from "./Server.ts"

export interface Turn {
  /** From the prompt to the end that the last reader has. */
  readonly seconds: number
  /** Seconds of the server's processor time. */
  readonly cpu: number
  /** That came to all readers. */
  readonly frames: number
}

/** Frames of a turn that are no line of `emit`: the prompt, the session, the result, the end. */
const around = 4

/** Has the fake CLI emit so many texts. It is an error if a reader that is still there has not all of them. */
export const emit = async (
  server: Started,
  session: string,
  readers: ReadonlyArray<Reader>,
  { count, bytes = 200, rate = 0 }: { readonly count: number; readonly bytes?: number; readonly rate?: number }
): Promise<Turn> => {
  const before = readers.map(({ frames }) => frames)
  const used = server.cpu()
  const began = performance.now()
  const next = (readers[0]?.turns ?? 0) + 1
  await server.prompt(session, `emit:${count}:${bytes}:${rate}`)
  await Promise.all(readers.map((reader) => reader.turnEnd(next)))
  const seconds = (performance.now() - began) / 1000
  const came = readers.map(({ frames }, at) => frames - (before[at] ?? 0))
  const missing = came.find((frames) => frames < count + around)
  if (missing !== undefined) throw new Error(`a reader has ${missing} frames of a turn of ${count} lines`)
  return { seconds, cpu: server.cpu() - used, frames: came.reduce((sum, some) => sum + some, 0) }
}

/** A reader that has caught up. */
export const attach = async (server: Started, session: string, onFrame?: OnFrame): Promise<Reader> => {
  const reader = server.read(session, onFrame)
  await reader.caughtUp()
  return reader
}

/** So many, fifty at a time, and those of them that the server has not let go since. */
export const attachAll = async (
  server: Started,
  session: string,
  count: number,
  onFrame?: OnFrame
): Promise<ReadonlyArray<Reader>> => {
  const readers: Array<Reader> = []
  while (readers.length < count) {
    const next = Array.from({ length: Math.min(50, count - readers.length) }, () => attach(server, session, onFrame))
    readers.push(...(await Promise.all(next)))
  }
  // A server that lets one go for another does so by now.
  await pause(300)
  return readers.filter(({ open }) => open)
}

/** A session that has had one turn of so many lines. */
export const played = async (server: Started, count: number): Promise<string> => {
  const session = await server.session()
  const reader = await attach(server, session)
  await emit(server, session, [reader], { count })
  reader.close()
  return session
}
