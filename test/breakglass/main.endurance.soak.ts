/** A long life in a short time: prompts, readers that come and go in every way, verbs. SOAK_SECONDS makes it longer. */
import { assert, describe, it } from "@effect/vitest"
import { discard, named, startServer } from "../support/server/BreakglassServer.ts"
import { deaf, descriptors, fleeting } from "../support/http/clients.ts"
import { outcome } from "../support/session/events.ts"
import { gauge } from "../support/server/gauge.ts"
import { upTo } from "../support/journal/journals.ts"
import { eventually, marked, programs, resident } from "../support/server/processes.ts"
import { seeded } from "../support/text/seeded.ts"
import { tight } from "../support/server/volume.ts"

const seconds = Number(process.env["SOAK_SECONDS"] ?? 180)
const script = "#say one\n#bash echo out\n#slow 5 2\n#fault double-fork\n#fault burst 20 1000"

describe("a long life", () => {
  it("LIFE-09 leaves no descriptor, no process and no memory behind", async () => {
    const random = seeded("LIFE-09")
    const { env } = programs({ ssh: "echo status: running" })
    const server = await startServer({ env: { ...env, ...tight } })
    const pid = server.process.pid ?? 0
    const sessions = await Promise.all(upTo(4).map(() => server.session()))
    let prompts = 0
    const round = async () => {
      const session = sessions[Math.floor(random() * sessions.length)] ?? ""
      const mute = await deaf(server, session)
      const reader = await server.attach(session)
      await reader.until(named("caught-up"))
      const [events] = await Promise.all([
        server.turn(session, script),
        ...upTo(4).map(() => fleeting(server, session, Math.floor(random() * 20_000), random() < 0.5 ? "rst" : "fin")),
        server.post("/api/pve/status")
      ])
      assert.strictEqual(outcome(events), "completed")
      mute.destroy()
      await reader.close()
      prompts += 1
    }
    /** Rounds for so long; then what is held when all is quiet. */
    const live = async (share: number) => {
      const until = performance.now() + share * seconds * 1000
      while (performance.now() < until) await round()
      // Connections kept alive by this test are closed after 5 s.
      await eventually(() => descriptors(pid) <= fewest)
      return { prompts, heap: (await gauge(server)).heap, resident: resident(pid), open: descriptors(pid) }
    }
    let fewest = Number.POSITIVE_INFINITY
    await round()
    const warm = await live(1 / 3)
    fewest = warm.open
    const ends = [await live(1 / 3), await live(1 / 3)]
    for (const { prompts, heap, resident, open } of [warm, ...ends]) {
      const [held, size] = [heap, resident].map((bytes) => (bytes / 1e6).toFixed(2))
      console.info(`LIFE-09: ${prompts} prompts: held ${held} MB, resident ${size} MB, ${open} descriptors`)
    }
    const [, last] = ends
    const grown = ((last?.heap ?? 0) - warm.heap) / ((last?.prompts ?? 0) - warm.prompts)
    console.info(`LIFE-09: ${Math.round(grown)} bytes a prompt after warm-up`)
    assert.isBelow(grown, 10_000)
    assert.deepStrictEqual(marked(server.home), [])
    await discard(server)
  })
})
