/** Facts about the repository that must stay true. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { variables } from "../src/breakglass/config/variables.ts"
import { documented } from "../src/core/settings/variable.ts"

const root = Path.resolve(import.meta.dirname, "..")
const read = (path: string) => Fs.readFileSync(Path.join(root, path), "utf8")
const lines = (path: string) => read(path).trimEnd().split("\n").length

/** What is, or would be, committed. */
const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" })
  .trim()
  .split("\n")
  .filter((path) => Fs.existsSync(Path.join(root, path)))
const markdown = files.filter((path) => path.endsWith(".md") && !path.startsWith("test/fixtures/"))

/** Files over 200 lines, each with the reason that was accepted. */
const long: Readonly<Record<string, string>> = {
  "src/breakglass/config/variables.ts": "every variable on one page; in two files one of them would be forgotten",
  "src/contract/breakglass/Api.ts": "the whole wire on one page; declarations only"
}

describe("the tree", () => {
  it("holds no source file over 200 lines but the justified", () => {
    const over = files.filter((path) => /^(src|web|test|bench)\/.*\.(ts|tsx|css)$/.test(path) && lines(path) > 200)
    assert.deepStrictEqual(
      over.filter((path) => !(path in long)).map((path) => `${path}: ${lines(path)}`),
      []
    )
  })

  it("holds no secret, no path of the machine it was written on and no registry's address", () => {
    const forbidden = [
      /sk-ant-[a-z0-9]+-[A-Za-z0-9_-]{40,}/,
      /-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/=]{40,}/,
      /\b(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|npm_[A-Za-z0-9]{36})\b/,
      /\/work\/(main|shared|\.library)\b/,
      /\/tmp\/bash_jobs/,
      new RegExp(["registry", "npmjs", "org"].join("\\.")),
      new RegExp(["deb", "debian", "org"].join("\\."))
    ]
    const found = files.flatMap((path) => {
      const text = read(path)
      return forbidden.filter((pattern) => pattern.test(text)).map((pattern) => `${path}: ${pattern.source}`)
    })
    assert.deepStrictEqual(
      found.filter((line) => !line.startsWith("test/repo.test.ts: ")),
      []
    )
  })
})

describe("the documents", () => {
  it("README opens with the two commands", () => {
    const block = /```sh\n([^`]*)```/.exec(read("README.md"))?.[1]
    assert.strictEqual(block, "npm ci && npm run demo\nnpm ci && npm test\n")
  })

  it("the table of variables is the declared one (npm run format writes it)", () => {
    const table = /^\| variable \|.*\n(\|.*\n)+/m.exec(read("docs/configuration.md"))?.[0]
    assert.strictEqual(table, `${documented(variables)}\n`)
    assert.isAbove(Object.keys(variables).length, 20)
  })

  it("docs/configuration.md lists every variable that is handed on", () => {
    const names = ["src/core/claude/profiles.ts", "src/breakglass/agent/profile.ts"]
      .flatMap((path) => [...read(path).matchAll(/"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)"/g)].map((match) => match[1] ?? ""))
      .filter((name) => name !== "BREAKGLASS_TURN")
    assert.isAbove(names.length, 5)
    const page = read("docs/configuration.md")
    assert.deepStrictEqual(
      names.filter((name) => !page.includes(`\`${name}\``)),
      []
    )
  })

  it("link only to files that are here", () => {
    const broken = markdown.flatMap((path) =>
      [...read(path).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
        .map((match) => match[1] ?? "")
        .filter((link) => !/^[a-z]+:/.test(link) && !Fs.existsSync(Path.join(root, Path.dirname(path), link)))
        .map((link) => `${path}: ${link}`)
    )
    assert.deepStrictEqual(broken, [])
  })

  it("AGENTS.md has at most 30 lines, an ADR fewer than 60", () => {
    assert.isAtMost(lines("AGENTS.md"), 30)
    const records = files.filter((path) => path.startsWith("docs/adr/"))
    assert.isAbove(records.length, 5)
    const numbers = records.map((path) => Path.basename(path).slice(0, 4))
    assert.deepStrictEqual(numbers, [...new Set(numbers)], "a number is given once")
    assert.deepStrictEqual(
      records.filter((path) => lines(path) >= 60),
      []
    )
  })
})

describe("the image", () => {
  it("copies paths that exist and that its context lets in", () => {
    const copied = [...read("Dockerfile").matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
      (match) => match[1]?.split(" ") ?? []
    )
    assert.isAbove(copied.length, 5)
    const context = read(".dockerignore").split("\n")
    assert.deepStrictEqual(
      copied.filter((path) => !Fs.existsSync(Path.join(root, path)) || !context.includes(`!${path}`)),
      []
    )
  })
})
