import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { deep, make, mark, RedactingStream } from "../../../src/core/redact/redact.ts"
import { clean } from "../../support/text/cleanLog.ts"
import { upTo } from "../../support/journal/journals.ts"
import { seeded } from "../../support/text/seeded.ts"
import { configured, corpus } from "../../support/text/secrets.ts"

const redact = make(Object.values(configured).map((value) => Redacted.make(value)))

/** Any part of a secret so long gives it away. */
const shows = (text: string, secret: string): boolean => {
  const part = Math.min(secret.length, 10)
  return upTo(secret.length - part + 1).some((at) => text.includes(secret.slice(at, at + part)))
}

/** All that is shown of a text on the way, when it comes in these pieces. */
const shown = (pieces: ReadonlyArray<string>, over = redact): string => {
  const veil = new RedactingStream(over)
  const all = pieces.map((piece) => veil.push(piece)).join("")
  assert.isTrue(over(pieces.join("")).value.startsWith(all), `${JSON.stringify(all)} is the beginning of the whole`)
  return all
}

describe("redact", () => {
  it("has a corpus of two hundred", () => assert.isAtLeast(corpus.length, 190))

  for (const { what, text, secret } of corpus) {
    it(`LOG-01 takes out ${what}`, () => {
      for (const around of [text, `before ${text} after`, `one\n${text}\ntwo`, `"${text}"`, `(${text})`]) {
        const { value, count } = redact(around)
        assert.isFalse(shows(value, secret), `${value} shows ${secret}`)
        assert.isAtLeast(count, 1)
        assert.deepStrictEqual(redact(value), { value, count: 0 }, "again changes nothing")
      }
      const { value } = deep(redact, { input: { list: [text], [text]: 1 } })
      assert.isFalse(shows(JSON.stringify(value), secret))
    })
  }

  it("LOG-01 shows no part of any of them while prose with it is written, wherever it is split", () => {
    for (const { what, text, secret } of corpus) {
      const prose = `It says\n  ${text} and goes on.`
      for (let at = 0; at <= prose.length; at++) {
        assert.isFalse(shows(shown([prose.slice(0, at), prose.slice(at)]), secret), `${what}, split at ${at}`)
      }
      assert.isFalse(shows(shown([...prose]), secret), `${what}, letter by letter`)
    }
  })

  it("LOG-01 shows no part of any of them in a line without an end, in pieces of any size", () => {
    const random = seeded("LOG-01 veil")
    for (const { what, text, secret } of corpus) {
      const filler = "and so on ".repeat(Math.floor(random() * 900))
      const rest = `${filler}${text} ${"more ".repeat(900)}`
      const pieces: Array<string> = []
      for (let at = 0; at < rest.length; at += pieces.at(-1)?.length ?? 0) {
        pieces.push(rest.slice(at, at + 1 + Math.floor(random() * 400)))
      }
      const text_ = shown(pieces)
      assert.isFalse(shows(text_, secret), what)
      if (!text.includes("PRIVATE")) assert.isAbove(text_.length, filler.length, "and it does show the rest")
    }
  })

  it("LOG-01 cuts a long line nowhere between a name and its secret", () => {
    for (const tail of upTo(60)) {
      const before = `${"word ".repeat(900)}password = `
      const seen = shown([`${before}hunterhunterhunter ${"y".repeat(470 + tail)} and `, "more"])
      assert.notInclude(seen, "hunter", `a tail of ${tail}`)
      assert.include(seen, mark)
    }
  })

  it("holds an exact value with blanks back whole", () => {
    const phrase = make([Redacted.make("correct horse battery staple")])
    const prose = "say correct horse battery staple now, please, or else"
    for (const at of upTo(prose.length)) {
      const seen = shown([prose.slice(0, at), prose.slice(at)], phrase)
      assert.isFalse(/correct|horse|battery|staple/.test(seen), seen)
    }
  })

  it("shows prose to the last blank, and all lines that are done", () => {
    const veil = new RedactingStream(redact)
    assert.strictEqual(veil.push("Look"), "")
    assert.strictEqual(veil.push("ing at the d"), "Looking at the")
    assert.strictEqual(veil.push("isk.\n"), " disk.\n")
    assert.strictEqual(veil.push("Yes"), "")
  })

  it("takes out what stands under a key that says it is a secret, and leaves everything else as it is", () => {
    const value = { password: "hunter22", nested: [{ "api-key": "abcdef", n: 5, ok: null, text: "fine" }] }
    assert.deepStrictEqual(deep(redact, value), {
      value: { password: mark, nested: [{ "api-key": mark, n: 5, ok: null, text: "fine" }] },
      count: 2
    })
    const innocent = { command: "ls -la", list: [1, "two", { three: true }] }
    assert.strictEqual(deep(redact, innocent).value, innocent)
  })

  it("is not known by values too short to be secrets", () => {
    assert.deepStrictEqual(make([Redacted.make("abc"), Redacted.make("  ")])("abc"), { value: "abc", count: 0 })
  })

  it("LOG-01 lets a clean log through", () => {
    const log = clean(2_000_000)
    const count = log.split("\n").filter((line) => redact(line).count > 0).length
    console.info(`LOG-01: ${count} of ${log.split("\n").length} clean lines (${log.length} bytes) lost something`)
    assert.isAtMost(count / log.split("\n").length, 0.001)
  })
})
