/** What reads words that root on the VM, the model or the host may choose does work in proportion to them, counted in steps. */
import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { globSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { parseSync } from "vite"
import { make, RedactingStream } from "../../../src/core/redact/redact.ts"
import { shapes, worthLooking } from "../../../src/core/redact/patterns.ts"
import { root } from "../../support/server/BreakglassServer.ts"
import { hostile, parsed, steps } from "../../support/text/regexSteps.ts"

const written = (file: string): ReadonlyArray<RegExp> => {
  const found: Array<RegExp> = []
  JSON.stringify(parseSync(file, readFileSync(file, "utf8")).program, (_, node: unknown) => {
    const regex = (node as { regex?: { pattern: string; flags: string } } | null)?.regex
    if (regex) found.push(new RegExp(regex.pattern, regex.flags))
    return typeof node === "bigint" ? null : node
  })
  return found
}

const patterns = globSync(join(root, "{src,web}/**/*.{ts,tsx}"))
  // Its words are those of who starts the server.
  .filter((file) => !file.includes("/breakglass/config/"))
  .flatMap((file) => written(file).map((pattern) => [`${relative(root, file)} ${pattern}`, pattern] as const))
  .concat([...shapes, worthLooking].map((pattern) => [`a shape ${pattern}`, pattern]))

/** A text that makes it take more than double for double. */
const squared = (pattern: RegExp) => {
  const top = parsed(pattern)
  return hostile(top).find(([head, unit, tail]) => {
    const text = (size: number) => `${head}${unit.repeat(Math.ceil(size / unit.length))}${tail}`
    return steps(pattern, text(400), top) > 2.6 * steps(pattern, text(200), top) + 500
  })
}

describe("a pattern of the server or the page", { timeout: 120_000 }, () => {
  it("is found wherever it stands, and one that takes the square is told from one that does not", () => {
    assert.isAbove(patterns.length, 80)
    for (const bad of [/\s+$/, /a*b/g, /a.*b.*c/, /^\S+@\S+: no$/m]) assert.isDefined(squared(bad), `${bad}`)
    for (const fine of [/a+/g, /^[^a]*b/, /"[^"]*"/g]) assert.isUndefined(squared(fine), `${fine}`)
  })

  it("takes at most double the steps, and some, for double the text, whatever the text", () => {
    const worse = [...new Map(patterns)].flatMap(([name, pattern]) => {
      const bad = squared(pattern)
      return bad === undefined ? [] : [`${name}: ${JSON.stringify(bad)}`]
    })
    assert.deepStrictEqual(worse, [])
  })
})

describe("prose that arrives letter by letter", { timeout: 60_000 }, () => {
  const looks = ["charAt", "indexOf", "lastIndexOf"] as const
  const real = looks.map((name) => [name, String.prototype[name]] as const)

  /** Characters that were looked at. */
  const work = (secret: string, text: string): number => {
    let seen = 0
    const redact = make([Redacted.make(secret)])
    const counting = Object.assign((part: string) => ((seen += part.length), redact(part)), {
      blanks: redact.blanks ?? 0
    })
    const veil = new RedactingStream(counting)
    for (const [name, own] of real) {
      String.prototype[name] = function (this: string, ...args: ReadonlyArray<never>) {
        seen += name === "charAt" ? 1 : this.length
        return Reflect.apply(own, this, args) as never
      }
    }
    try {
      for (const letter of text) veil.push(letter)
    } finally {
      for (const [name, own] of real) String.prototype[name] = own as never
    }
    return seen
  }

  for (const secret of ["one-word-only", "a phrase of five words"]) {
    for (const [head, unit] of [
      ["", "a"],
      ["", " "],
      ["", "word "],
      ["", "line\n"],
      ['password="', "word "],
      ["", "a phrase of five "],
      ["", "----- BEGIN"],
      ["-----BEGIN PRIVATE KEY-----\n", "MIIE\n"],
      ["x".repeat(5000), " "]
    ] as const) {
      it(`costs double for double: ${JSON.stringify(head.slice(0, 20))} and ${JSON.stringify(unit)}, ${secret}`, () => {
        const text = (size: number) => head + unit.repeat(size / unit.length)
        assert.isAtMost(work(secret, text(48_000)), 2.4 * work(secret, text(24_000)) + 100_000)
      })
    }
  }
})
