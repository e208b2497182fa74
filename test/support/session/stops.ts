/** Rounds of Stop against a turn that is about to end by itself: shared by the gate and the soak. */
import { assert } from "@effect/vitest"
import { setTimeout as delay } from "node:timers/promises"
import type { Server } from "../server/BreakglassServer.ts"
import { all, outcome, said, toEnd } from "./events.ts"
import { marked } from "../server/processes.ts"

/**
 * The stop comes at a random moment of the turn's life, from one to three askers, and the next prompt at once. Whatever
 * wins: one end, a truthful answer, and not a word of the old turn in the new one. Counts how the turns ended.
 */
export const stopAtRandom = async (server: Server, rounds: number, random: () => number) => {
  const ends: Record<string, number> = {}
  const session = await server.session()
  let last: number | undefined
  for (let round = 0; round < rounds; round++) {
    const asked = await server.prompt(session, `#say old-${round}\n#slow 3 5\n#say old-${round}`)
    assert.strictEqual(asked.status, 200)
    const reader = await server.attach(session, last)
    await delay(random() * 250)
    const askers = Array.from({ length: 1 + Math.floor(random() * 3) }, async () => {
      const answer = await server.post(`/api/session/${session}/cancel`)
      return ((await answer.json()) as { cancelled: boolean }).cancelled
    })
    const answers = await Promise.all(askers)
    const next = await server.prompt(session, `#say new-${round}`)
    const both = await toEnd(reader)
    const events = both.slice(0, both.findIndex(({ kind }) => kind === "turn_end") + 1)
    const how = outcome(events)
    ends[how] = (ends[how] ?? 0) + 1
    const note = `round ${round}: ${how}, answered ${answers.join(" ")}`
    assert.include(["cancelled", "completed"], how, note)
    if (how === "cancelled") assert.include(answers, true, note)
    assert.strictEqual(all(events, "result").length, how === "cancelled" ? 0 : 1, note)
    assert.strictEqual(next.status, 200, note)
    const second = await toEnd(await server.attach(session, events.at(-1)?.id))
    assert.deepStrictEqual(said(second), [`new-${round}`], note)
    assert.deepStrictEqual(marked(server.home), [], note)
    last = second.at(-1)?.id
  }
  return ends
}
