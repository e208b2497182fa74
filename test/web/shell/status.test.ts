/** What the strip says of the connection. */
import { assert, describe, it } from "@effect/vitest"
import type { Link } from "../../../web/link/link.ts"
import { type LinkKnowledge, linkState, unheardFor } from "../../../web/shell/status.ts"

const lost = (attempt: number): Link => ({ state: "waiting", until: 0, reason: "", attempt })
const known: LinkKnowledge = { link: { state: "live" }, signedOut: false, online: true, behind: 0, unheard: "7 s" }

const rows: ReadonlyArray<readonly [knowing: Partial<LinkKnowledge>, word: string, age: string]> = [
  [{}, "Live", "7 s"],
  [{ link: { state: "polling" } }, "Checking", "every 3 s"],
  [{ link: { state: "catching_up" }, behind: 12 }, "Catching up", "12 to load"],
  [{ link: { state: "catching_up" }, behind: 0 }, "Catching up", ""],
  [{ link: { state: "connecting" } }, "Connecting", "7 s"],
  [{ link: lost(0) }, "Reconnecting", "7 s"],
  [{ link: lost(2) }, "Reconnecting", "7 s"],
  [{ link: lost(3) }, "Offline", "7 s"],
  [{ link: lost(0), online: false }, "Offline", "7 s"],
  [{ link: lost(3), signedOut: true }, "Signed out", "7 s"],
  [{ link: { state: "signed_out" } }, "Signed out", "7 s"],
  [{ link: { state: "gone" } }, "Not found", "7 s"],
  [{ link: { state: "refused", reason: "" } }, "Refused", "7 s"]
]

describe("the connection's state", () => {
  for (const [knowing, word, age] of rows) {
    it(`${JSON.stringify(knowing)}: ${word}`, () => {
      const state = linkState({ ...known, ...knowing })
      assert.deepStrictEqual([state.word, state.age], [word, age])
      assert.strictEqual(state.tone === "ok", word === "Live")
    })
  }

  it("is not said to be old for some seconds, nor before anything was heard", () => {
    const now = 1_000_000
    assert.strictEqual(unheardFor(0, now), "")
    assert.strictEqual(unheardFor(now - 5000, now), "")
    assert.strictEqual(unheardFor(now - 6000, now), "6 s")
  })
})
