import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"
import { fingerprints, refusal } from "../../../src/core/ssh/hostKeys.ts"

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
  const file = "/state/known_hosts"
  const say = (said: ReadonlyArray<string>, text: string | null = null) =>
    refusal(said.map((line) => `${line}\r\n`).join(""), file, () => text)
  const pin = (scan: string) =>
    `key=$(ssh-keyscan ${scan}) && echo "$key" | ssh-keygen -lf - | grep -F ${a.print} && echo "$key" >> ${file}`
  const shows = (type = "ssh-ed25519") => `debug1: Server host key: ${type} ${a.print}`
  const changed = [
    shows(),
    `Offending ED25519 key in ${file}:2`,
    "  remove with:",
    `  ssh-keygen -f "${file}" -R "192.0.2.1"`,
    "Host key for 192.0.2.1 has changed and you have requested strict checking.",
    "Host key verification failed."
  ]
  const without = (...lines: ReadonlyArray<RegExp>) => changed.filter((line) => !lines.some((each) => each.test(line)))
  const unknown = (name: string) => [
    `No ED25519 host key is known for ${name} and you have requested strict checking.`,
    "Host key verification failed."
  ]

  it("of a changed key names both, the line of the pinned one, and how to replace it", () => {
    const text = say(changed, `192.0.2.9 ${a.words}\n192.0.2.1 ${b.words}\n`)
    assert.include(text, `it showed ${a.print}. Pinned here: ${b.print} (${file}, line 2). Nothing was sent.`)
    assert.include(text, "not verified: compare it with what `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`")
    assert.deepStrictEqual(text.split("\n").slice(-2), [
      `  ssh-keygen -f ${file} -R 192.0.2.1`,
      `  ${pin("-t ed25519 192.0.2.1")}`
    ])
  })
  it.each([
    ["Debian's 10, in single quotes", changed.map((line) => line.replaceAll('"', "'"))],
    ["upstream, which does not say how it is removed", without(/remove with/, /ssh-keygen/)],
    ["8, which names the kind first", without(/remove/).map((line) => line.replace(/^Host/, "ED25519 host"))],
    [
      "one that says no more than where it looked",
      ["debug1: Authenticating to 192.0.2.1:22 as 'root'", ...without(/remove/, /ssh-keygen/, /^Host key for/)]
    ]
  ])("of a changed key reads the same as %s says it", (_, said) => {
    const file = [`192.0.2.9 ${a.words}`, `192.0.2.1 ${b.words}`, ""].join("\n")
    assert.strictEqual(say(said, file), say(changed, file))
  })
  it("of a changed key at a port, in a file with a blank in its name, gives commands that a shell takes", () => {
    const odd = changed.map((line) =>
      line.replaceAll("192.0.2.1", "[192.0.2.1]:2222").replaceAll(file, "/my state/known")
    )
    const [remove = "", add = ""] = say(odd).split("\n").slice(-2)
    assert.strictEqual(remove, "  ssh-keygen -f '/my state/known' -R '[192.0.2.1]:2222'")
    assert.include(add, ">> '/my state/known'")
  })
  it("of a key that is not pinned shows it as not verified, with why the file was not read", () => {
    const text = say([`debug1: load_hostkeys: fopen ${file}: Permission denied`, shows(), ...unknown("192.0.2.1")])
    assert.include(
      text,
      `pinned in ${file} (Permission denied): it showed ${a.print}. Pinned here: none. Nothing was sent.`
    )
    assert.include(text, "not verified")
    assert.notInclude(text, "ssh-keygen -f")
  })
  it.each([
    ["ssh-rsa", "192.0.2.1", "rsa", "-t rsa 192.0.2.1"],
    ["ecdsa-sha2-nistp256", "[192.0.2.1]:2222", "ecdsa", "-t ecdsa -p 2222 192.0.2.1"],
    ["ssh-ed25519", "[fe80::1]:22", "ed25519", "-t ed25519 -p 22 fe80::1"]
  ])("of a %s of %s names its file and how to ask for it", (type, name, kind, scan) => {
    const text = say([shows(type), ...unknown(name)])
    assert.include(text, `ssh_host_${kind}_key.pub`)
    assert.include(text, pin(scan))
  })
  it("of a certificate that nobody here knows the CA of shows the key in it", () => {
    const cert = `debug1: Server host certificate: ssh-ed25519-cert-v01@openssh.com ${a.print}, serial 0 ID "t" CA ssh-rsa ${b.print}`
    assert.include(say([cert, ...unknown("x")]), `it showed ${a.print}. `)
  })
  it("of a kind not foreseen is ssh's own words, and no advice to pin anything", () => {
    const text = say(["OpenSSH_9.2p1", shows(), "Certificate invalid: expired", "Host key verification failed."])
    assert.strictEqual(text, "Certificate invalid: expired\nHost key verification failed.\nNothing was sent.")
  })
  it("takes no fingerprint from what the other side says before its key", () => {
    const liar = `debug1: kex_exchange_identification: banner line 0: debug1: Server host key: ssh-rsa ${b.print}`
    assert.notInclude(say([liar, shows(), ...unknown("x")]), b.print)
  })
})
