/** Much through one turn beside readers that never read: what the server's memory grows by, and what another reader gets. */
import { assert } from "@effect/vitest"
import { discard, eventOf, startServer } from "./BreakglassServer.ts"
import { deaf } from "../http/clients.ts"
import { gauge, gauged } from "./gauge.ts"
import { upTo } from "../journal/journals.ts"
import { resident } from "./processes.ts"

/** V8 lets garbage lie as long as there is room; with little room the resident size says what is held. */
export const tight = { NODE_OPTIONS: `${gauged.NODE_OPTIONS} --max-old-space-size=160 --max-semi-space-size=1` }

export interface Growth {
  /** Bytes, over each half: V8 takes a step of some 20 MB once in a while, a backlog grows in both. */
  readonly resident: readonly [number, number]
  /** Bytes, over both, when all garbage is collected. */
  readonly heap: number
  /** Milliseconds from when an event was stamped to when the other reader had it: of a hundred all but the latest. */
  readonly late: number
}

const bytes = 4000

export const growth = async (megabytes: number, readers: number): Promise<Growth> => {
  const lines = (megabytes * 500_000) / bytes
  const server = await startServer({ env: tight })
  const pid = server.process.pid ?? 0
  try {
    await server.turn(await server.session(), `#fault burst ${lines} ${bytes}`)
    const session = await server.session()
    const before = (await gauge(server)).heap
    const stalled = await Promise.all(upTo(readers).map(() => deaf(server, session)))
    const reader = await server.attach(session)
    const late: Array<number> = []
    const half = async () => {
      const then = resident(pid)
      const seen: Array<number> = []
      const watch = setInterval(() => seen.push(resident(pid)), 20)
      const events = reader.events().length
      const over = reader.until((frame) => {
        const event = eventOf(frame)
        if (event === undefined || event.id < events) return false
        late.push(Date.now() - Date.parse(event.at))
        return event.kind === "turn_end"
      })
      await server.prompt(session, `#fault burst ${lines} ${bytes}`)
      await over
      clearInterval(watch)
      seen.sort((a, b) => a - b)
      return (seen[seen.length >> 1] ?? 0) - then
    }
    const grown = [await half(), await half()] as const
    await reader.close()
    const texts = reader.events().flatMap((event) => (event.kind === "text" ? [event.text] : []))
    const each = [...upTo(lines).map(String), "After"]
    assert.deepStrictEqual(
      texts.map((text) => text.split(" ", 1)[0]),
      [...each, ...each]
    )
    assert.isTrue(texts.every((text) => text.length === bytes || text === "After it."))
    const held = (await gauge(server)).heap - before
    for (const socket of stalled) socket.destroy()
    late.sort((a, b) => a - b)
    return { resident: grown, heap: held, late: late[Math.floor(late.length * 0.99)] ?? 0 }
  } finally {
    await discard(server)
  }
}

/** Says what was seen, and whether it was little. */
export const little = (what: string, { resident: [first, second], heap, late }: Growth) => {
  console.info(`SUB-01 ${what}: resident +${mb(first)}, then +${mb(second)}; held +${mb(heap)}; p99 ${late} ms late`)
  assert.isBelow(Math.min(first, second), 20_000_000)
  assert.isBelow(heap, 10_000_000)
}

const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
