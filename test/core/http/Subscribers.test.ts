import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { afterAll, beforeAll } from "vitest"
import { Unauthenticated } from "../../../src/contract/Problem.ts"
import { Auth } from "../../../src/core/http/Auth.ts"
import { inAll, perLog, Subscribers } from "../../../src/core/http/Subscribers.ts"
import { discard, named, type Reader, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { admitted, overKernel, withSubscribers } from "../../support/http/admitted.ts"
import { deaf, descriptors, fleeting } from "../../support/http/clients.ts"
import { upTo } from "../../support/journal/journals.ts"
import { complaints, gauge, gauged } from "../../support/server/gauge.ts"
import { eventually } from "../../support/server/processes.ts"

describe("subscribers", () => {
  it.effect("SUB-01 lets go a reader that takes nothing for 30 seconds, and no other", () =>
    withSubscribers(
      Effect.gen(function* () {
        const [stalled, slow, idle] = [yield* admitted("a"), yield* admitted("a"), yield* admitted("a")]
        stalled.response.writableLength = 65_536
        for (const second of upTo(36)) {
          slow.response.writableLength = 65_536 - second
          yield* TestClock.adjust("1 second")
          if (second < 29) assert.isFalse(stalled.response.destroyed, `${second} s`)
        }
        assert.isTrue(stalled.response.destroyed)
        assert.isFalse(slow.response.destroyed)
        assert.isFalse(idle.response.destroyed)
      })
    )
  )

  it.effect("SSE-09 lets go a reader that would not be admitted any more, within one look, and no other", () => {
    const refused = new Set<unknown>()
    const some = Layer.mock(Auth, {
      operator: (request) =>
        refused.has(request) ? Effect.fail(new Unauthenticated({ detail: "" })) : Effect.succeed({ name: "one" })
    })
    const watched = Effect.gen(function* () {
      const [gone, stays] = [yield* admitted("a"), yield* admitted("a")]
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual([gone.told, stays.told], [[], []])
      refused.add(gone.request)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual([gone.told, stays.told], [["nothing"], []])
      assert.isAbove(gone.response.deadline, 0)
      assert.strictEqual(yield* (yield* Subscribers).count("a"), 1)
    })
    return Effect.scoped(Effect.provide(watched, overKernel.pipe(Layer.provide(some))))
  })

  it.effect("SUB-04 tells the oldest of a log when one comes too many, and forgets who has left", () =>
    withSubscribers(
      Effect.gen(function* () {
        const { count } = yield* Subscribers
        const [other] = [yield* admitted("other")]
        const those = yield* Effect.forEach(upTo(perLog), () => admitted("log"))
        assert.isTrue(those.every(({ told }) => told.length === 0))
        yield* admitted("log")
        assert.deepStrictEqual(
          those.filter(({ told }) => told.length > 0),
          [those[0]]
        )
        assert.deepStrictEqual(those[0]?.told, ["superseded"])
        assert.isAbove(those[0]?.response.deadline ?? 0, 0)
        assert.strictEqual(yield* count("log"), perLog)
        yield* those[1]?.leave ?? Effect.void
        assert.strictEqual(yield* count("log"), perLog - 1)
        yield* admitted("log")
        assert.deepStrictEqual([those[2]?.told, other?.told], [[], []])
      })
    )
  )

  it.effect("SUB-04 tells the oldest of all when one comes too many", () =>
    withSubscribers(
      Effect.gen(function* () {
        const those = yield* Effect.forEach(upTo(inAll), (at) => admitted(`log ${at % 8}`))
        assert.isTrue(those.every(({ told }) => told.length === 0))
        yield* admitted("one more")
        assert.deepStrictEqual(
          those.filter(({ told }) => told.length > 0),
          [those[0]]
        )
      })
    )
  )
})

/** Without the connections: those of this test's own requests come and go. */
const others = (resources: string) => resources.replaceAll("TCPSocketWrap ", "")

describe("readers of a server", () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer({ env: gauged })
  })
  afterAll(() => discard(server))
  const pid = () => server.process.pid ?? 0

  it("SUB-04 ends the first stream of a session with its 33rd, and the first of all with the 129th", async () => {
    const sessions = await Promise.all(upTo(5).map(() => server.session()))
    const first = await server.attach(sessions[0] ?? "")
    const streams: Array<Reader> = []
    const attach = async (session: string | undefined) => {
      const reader = await server.attach(session ?? "")
      await reader.until(named("caught-up"))
      streams.push(reader)
    }
    for (const _ of upTo(perLog)) await attach(sessions[0])
    await first.ended
    assert.include(first.text(), 'event: bye\ndata: {"reason":"superseded"}\n\n')
    for (const at of upTo(inAll - perLog)) await attach(sessions[1 + (at % 4)])
    assert.isFalse(streams.some((reader) => reader.text().includes("superseded")))
    await attach(sessions[4])
    await streams[0]?.ended
    assert.strictEqual(streams.filter((reader) => reader.text().includes("superseded")).length, 1)
    await Promise.all(streams.map((reader) => reader.close()))
    assert.strictEqual(complaints(server), "")
  })

  it("SUB-04 lets a superseded reader that never reads go as well", async () => {
    const session = await server.session()
    const before = descriptors(pid())
    const first = await deaf(server, session)
    const streams = await Promise.all(upTo(perLog).map(() => server.attach(session)))
    await Promise.all(streams.map((reader) => reader.close()))
    await eventually(() => descriptors(pid()) <= before)
    first.destroy()
  })

  it("SUB-02 holds nothing of 300 readers of which nearly all were superseded", async () => {
    const session = await server.session()
    const files = descriptors(pid())
    const crowd = async (size: number) => {
      const sockets = []
      for (const _ of upTo(size)) sockets.push(await deaf(server, session))
      for (const socket of sockets) socket.destroy()
      await eventually(() => descriptors(pid()) <= files)
    }
    await crowd(100)
    const before = await gauge(server)
    await crowd(300)
    assert.isBelow((await gauge(server)).heap - before.heap, 1_000_000)
    assert.strictEqual(complaints(server), "")
  }, 60_000)

  it("SUB-02 holds nothing of a thousand readers that came and went, half of them by RST, half in the middle", async () => {
    const session = await server.session()
    await server.turn(session, "#fault burst 40 20000")
    const crowd = async (size: number) => {
      for (const round of upTo(size / 20)) {
        const bytes = round % 2 === 0 ? 0 : 150_000
        await Promise.all(upTo(20).map((at) => fleeting(server, session, bytes, at % 2 === 0 ? "rst" : "fin")))
      }
    }
    await crowd(300)
    const [files, before] = [descriptors(pid()), await gauge(server)]
    await crowd(1000)
    await eventually(() => descriptors(pid()) <= files)
    const after = await gauge(server)
    assert.isBelow(after.heap - before.heap, 2_000_000)
    assert.strictEqual(others(after.resources), others(before.resources))
    assert.strictEqual(complaints(server), "")
    assert.strictEqual((await server.turn(session, "#say still here")).at(-1)?.kind, "turn_end")
  }, 60_000)
})
