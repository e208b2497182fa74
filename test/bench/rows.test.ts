/** The rows against the bare server: that they measure something, never how much. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { health } from "../../bench/rows/health.ts"
import { lines } from "../../bench/rows/lines.ts"
import { paced } from "../../bench/rows/paced.ts"
import { prompt } from "../../bench/rows/prompt.ts"
import { replay } from "../../bench/rows/replay.ts"
import { verb } from "../../bench/rows/verb.ts"
import { ours, type Started, start } from "../../bench/server/Server.ts"
import { attach, emit, played } from "../../bench/server/turns.ts"

const started: Array<Started> = []
const bare = async (env: Readonly<Record<string, string>> = {}) => {
  const server = await start(["bench/bare.ts"], env)
  started.push(server)
  return server
}
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop()
})

describe("the bench", () => {
  it("knows what npm start runs", () => {
    assert.match(ours().at(-1) ?? "", /^dist\/server\/.*\.cjs$/)
  })

  it("counts every frame of a turn, live and in a replay", async () => {
    const server = await bare()
    const session = await server.session()
    const reader = await attach(server, session)
    const { frames, cpu, seconds } = await emit(server, session, [reader, await attach(server, session)], {
      count: 500
    })
    assert.strictEqual(frames, 2 * (500 + 4))
    assert.isAbove(cpu, 0)
    assert.isAbove(seconds, 0)
    const later = await attach(server, await played(server, 20))
    assert.strictEqual(later.frames, 20 + 4 + 1)
  })

  it("refuses a turn of which a reader has not every line", async () => {
    const server = await bare()
    const session = await server.session()
    const reader = await attach(server, session)
    const turn = emit(server, session, [reader], { count: 500 })
    reader.frames -= 1
    const failed = await turn.then(
      () => "",
      ({ message }: Error) => message
    )
    assert.strictEqual(failed, "a reader has 503 frames of a turn of 500 lines")
  })

  for (const row of [lines, paced, replay, prompt, verb, health]) {
    it(`has a value for each figure of ${row.name}`, async () => {
      const figures = await row.measure({ start: bare, scaled: (count) => Math.ceil(count / 100) })
      assert.deepStrictEqual(Object.keys(figures), Object.keys(row.figures))
      for (const [name, value] of Object.entries(figures)) assert.isAbove(value, 0, name)
    })
  }
})
