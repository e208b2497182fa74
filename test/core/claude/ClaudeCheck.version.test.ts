/** A working CLI is no fault for being of another version. */
import { assert, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { tested, untested } from "../../../src/core/claude/ClaudeCheck.ts"

const root = Path.resolve(import.meta.dirname, "../../..")
const read = (path: string) => Fs.readFileSync(Path.join(root, path), "utf8")
const pinned = (path: string) => (JSON.parse(read(path)) as Package).dependencies["@anthropic-ai/claude-code"]
interface Package {
  readonly dependencies: Readonly<Record<string, string>>
}

describe("the versions of the CLI", () => {
  it("that are tested are the ones that are installed, and that docs/configuration.md names", () => {
    assert.strictEqual(pinned("package.json"), tested.newest)
    assert.strictEqual(pinned("test/oldest/package.json"), tested.oldest)
    const row = /\| `BREAKGLASS_CLAUDE` .*/.exec(read("docs/configuration.md"))?.[0] ?? ""
    for (const version of [tested.newest, tested.oldest]) assert.include(row, version)
  })

  const table: ReadonlyArray<readonly [said: string, note: RegExp | null]> = [
    [`${tested.newest} (Claude Code)`, null],
    [`${tested.oldest} (Claude Code)`, null],
    ["2.1.250 (Claude Code)", null],
    ["2.1.1000 (Claude Code)", /^newer than tested/],
    ["2.10.0 (Claude Code)", /^newer than tested/],
    ["3.0.0", /^newer than tested/],
    ["2.1.99 (Claude Code)", /^older than tested/],
    ["1.9.999", /^older than tested/],
    ["a wrapper of our own", /^not known to be a Claude Code/]
  ]
  for (const [said, note] of table) {
    it(`${said} is ${note === null ? "tested, or between two that are" : `said to be ${note.source.slice(1)}`}`, () => {
      const found = untested(said)
      if (note === null) assert.isNull(found)
      else assert.match(found ?? "", note)
    })
  }
})
