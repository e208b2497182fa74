/** What the host prints is bytes from a machine that may be hostile: shown as text, in a bounded amount, or not at all. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ask, line } from "../../support/power/ssh.ts"

const kept = ["plain text, é 漢 🙂 \t tab", "status: running", "a b", "ا ب"]

/** A terminal acts on the first of these; a reader is fooled by the others. */
const changed: ReadonlyArray<readonly [what: string, text: string]> = [
  ["ANSI colours", "\u001B[31mred\u001B[0m"],
  ["a title", "\u001B]0;pwned\u0007"],
  ["a link", "\u001B]8;;http://evil\u0007x"],
  ["C1 controls", "\u009B31m"],
  ["a CR that overwrites", "rm -rf /\rls"],
  ["backspaces", "ls\b\bid"],
  ["NUL and DEL", "a\0b\u007F"],
  ["bidi overrides", "abc\u202Egnp.exe\u202C"],
  ["bidi isolates", "a\u2066b\u2069"],
  ["direction marks", "a\u200Eb\u200F"],
  ["zero-width characters", "a\u200Bb\u2060c\uFEFFd"],
  ["line and paragraph separators", "a\u2028b\u2029c"]
]
const unsafe = /[^\P{C}\t\n]|[\p{Zl}\p{Zp}]/u

describe("what the host prints", () => {
  it.effect("is as it was when it is text", () =>
    Effect.gen(function* () {
      const { answer, said } = yield* ask({ lines: kept.map(line), stderr: "one\ntwo\n" })
      assert.deepStrictEqual(said, kept)
      assert.strictEqual(answer.stdout, kept.map((text) => `${text}\n`).join(""))
      assert.strictEqual(answer.stderr, "one\ntwo\n")
      // ssh ends its own lines so.
      assert.strictEqual((yield* ask({ stderr: "one\r\ntwo\r\n" })).answer.stderr, "one\ntwo\n")
    })
  )

  for (const [what, text] of changed) {
    it.effect(`PVE-08: is passed on without ${what}, on stdout, on stderr and while it comes`, () =>
      Effect.gen(function* () {
        const { answer, said } = yield* ask({ lines: [line(text)], stderr: text })
        assert.lengthOf(said, 1)
        for (const shown of [answer.stdout, answer.stderr, ...said]) {
          assert.notMatch(shown, unsafe)
          assert.include(shown, "\uFFFD")
          const letters = text.replace(/[^\p{L}]/gu, "")
          assert.strictEqual(shown.replace(/[^\p{L}]/gu, ""), letters)
        }
      })
    )
  }

  it.effect("PVE-08: says how much it left out of a line that is too long", () =>
    Effect.gen(function* () {
      const lines = [line("a"), { _tag: "Cut", why: "overlong", bytes: 20_000_000 } as const, line("b")]
      const { answer } = yield* ask({ lines })
      assert.strictEqual(answer.stdout, "a\n(20000000 bytes left out)\nb\n")
    })
  )

  for (const [what, count, length] of [
    ["in 100,000 lines", 100_000, 100],
    ["in lines of 64 KiB", 160, 64 * 1024]
  ] as const) {
    it.effect(`PVE-08: is answered with the last of it when it is 10 MB ${what}`, () =>
      Effect.gen(function* () {
        const lines = Array.from({ length: count }, () => line("x".repeat(length - 1)))
        const { answer } = yield* ask({ lines: [...lines, line("the end")] })
        assert.isTrue(answer.stdout.endsWith("the end\n"))
        assert.isAbove(answer.stdout.length, 10_000)
        assert.isBelow(answer.stdout.length, 2 * 1024 * 1024)
      })
    )
  }
})
