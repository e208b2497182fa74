/** Much through one turn beside readers that never read: what the server's memory grows by, and what another reader gets. */
import { assert } from "@effect/vitest"
import { discard, eventOf, ofKind, startServer } from "./BreakglassServer.ts"
import { deaf } from "./clients.ts"
import { gauge, gauged } from "./gauge.ts"
import { upTo } from "./journals.ts"
import { resident } from "./processes.ts"

/** V8 lets garbage lie as long as there is room; with little room the resident size says what is held. */
const tight = { NODE_OPTIONS: `${gauged.NODE_OPTIONS} --max-old-space-size=160 --max-semi-space-size=1` }

export interface Growth {
  /** Bytes: the median over the run, and the worst moment, which is as much as V8 had not yet swept. */
  readonly resident: number
  readonly worst: number
  /** Bytes, when all garbage is collected. */
  readonly heap: number
}

const bytes = 4000

export const growth = async (megabytes: number, readers: number): Promise<Growth> => {
  const lines = (megabytes * 1_000_000) / bytes
  const server = await startServer({ env: tight })
  const pid = server.process.pid ?? 0
  try {
    const warm = Math.max(40, megabytes / 2) * 1_000_000
    await server.turn(await server.session(), `#fault burst ${warm / bytes} ${bytes}`)
    const session = await server.session()
    const before = { heap: (await gauge(server)).heap, resident: resident(pid) }
    const stalled = await Promise.all(upTo(readers).map(() => deaf(server, session)))
    const reader = await server.attach(session)
    const seen: Array<number> = []
    const watch = setInterval(() => seen.push(resident(pid)), 20)
    await server.prompt(session, `#fault burst ${lines} ${bytes}`)
    await reader.until(ofKind("turn_end"))
    clearInterval(watch)
    await reader.close()
    const texts = reader.frames.flatMap((frame) => {
      const event = eventOf(frame)
      return event?.kind === "text" ? [event.text] : []
    })
    assert.deepStrictEqual(
      texts.map((text) => text.split(" ", 1)[0]),
      [...upTo(lines).map(String), "After"]
    )
    assert.isTrue(texts.slice(0, -1).every(({ length }) => length === bytes))
    seen.sort((a, b) => a - b)
    const held = {
      resident: (seen[seen.length >> 1] ?? 0) - before.resident,
      worst: (seen.at(-1) ?? 0) - before.resident,
      heap: (await gauge(server)).heap - before.heap
    }
    for (const socket of stalled) socket.destroy()
    return held
  } finally {
    await discard(server)
  }
}

const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

export const tell = (what: string, { resident, worst, heap }: Growth) =>
  console.info(`${what}: resident +${mb(resident)} (at worst +${mb(worst)}), held +${mb(heap)}`)
