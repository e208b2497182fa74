import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"
import { fingerprints, refusal, shown } from "../../src/breakglass/hostKeys.ts"

const dir = mkdtempSync(join(tmpdir(), "breakglass-keys-"))
afterAll(() => rmSync(dir, { recursive: true }))
const key = (type: string) => {
  execFileSync("ssh-keygen", ["-q", "-t", type, "-N", "", "-f", join(dir, type)])
  const said = execFileSync("ssh-keygen", ["-lf", join(dir, `${type}.pub`)], { encoding: "utf8" })
  const [name = "", blob = ""] = readFileSync(join(dir, `${type}.pub`), "utf8").split(" ")
  return { words: `${name} ${blob}`, print: said.split(" ")[1] ?? "" }
}
const [a, b] = [key("ed25519"), key("ecdsa")]

describe("PVE-05 pinned keys", () => {
  const files: ReadonlyArray<readonly [what: string, text: string, prints: ReadonlyArray<string>]> = [
    ["none in an empty file", "", []],
    ["none in a comment", `# 192.0.2.1 ${a.words}\n\n`, []],
    ["one", `192.0.2.1 ${a.words} comment\n`, [a.print]],
    ["two, the second without a line end", `[192.0.2.1]:22 ${a.words}\n192.0.2.1 ${b.words}`, [a.print, b.print]],
    ["one with a marker", `@cert-authority * ${b.words}\n`, [b.print]],
    ["a hashed host's", `|1|abc=|def= ${a.words}\n`, [a.print]],
    ["none in what is no known_hosts", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n", []],
    ["none in a line cut short", "192.0.2.1 ssh-ed25519\n192.0.2.1\n", []]
  ]
  it.each(files)("are %s, as ssh-keygen prints them", (_, text, prints) => {
    assert.deepStrictEqual(fingerprints(text), prints)
  })

  it("agree with what ssh-keygen reads in the same file", () => {
    const file = join(dir, "known_hosts")
    writeFileSync(file, `192.0.2.1 ${a.words}\n[192.0.2.1]:2222 ${b.words}\n`)
    const said = execFileSync("ssh-keygen", ["-lf", file], { encoding: "utf8" })
    assert.deepStrictEqual(fingerprints(readFileSync(file, "utf8")), said.match(/SHA256:\S+/g))
  })
})

describe("PVE-05 the refusal", () => {
  const changed = `@ WARNING @\r\nThe fingerprint for the ED25519 key sent by the remote host is\r\n${a.print}.\r\n`
  it("names the key that was shown and the one that is pinned", () => {
    assert.strictEqual(shown(changed), a.print)
    const text = refusal(changed, `192.0.2.1 ${b.words}\n`)
    assert.include(text, `it showed ${a.print}.`)
    assert.include(text, `Pinned here: ${b.print}.`)
    assert.include(text, "Nothing was sent.")
  })
  it("says so when nothing is pinned, or nothing was shown", () => {
    assert.include(refusal(changed, ""), "Pinned here: none.")
    assert.strictEqual(shown("Host key verification failed."), null)
    assert.notInclude(refusal("Host key verification failed.", ""), "it showed")
  })
})
