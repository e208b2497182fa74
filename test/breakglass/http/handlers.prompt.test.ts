/** HTTP-04: what the CLI is given is what was asked, to the byte, in whatever pieces it came. */
import { assert, describe, it } from "@effect/vitest"
import { connect } from "node:net"
import { afterAll, beforeAll } from "vitest"
import { discard, ofKind, type Server, startServer, token } from "../../support/server/BreakglassServer.ts"
import { prompts, started } from "../../support/server/processes.ts"
import { parse } from "../../support/http/raw.ts"

const limit = 64 * 1024

const accepted: ReadonlyArray<readonly [what: string, prompt: string]> = [
  ["an option", "--settings x"],
  ["a short option", "-p"],
  ["a dash", "-"],
  ["a command of the CLI's", "/clear"],
  ["a file to attach", "@/etc/passwd"],
  ["a shell's command", "!id"],
  ["a heading", "# hello"],
  ["lines that end in CRLF, and blanks around them", "  one\r\ntwo\r\n\r\n  "],
  ["a lone CR, a tab, an escape", "a\rb\tc\u001b[31md\u007f"],
  ["separators that are no newline", "a\u2028b\u2029c\u0085d"],
  ["directions", "a\u202egnp.exe\u2066b\u2069\u200f"],
  ["a mark of byte order", "\ufeffa\ufeff"],
  ["characters of four bytes", "\u{1f600}\u{10ffff}\u{1f468}\u200d\u{1f4bb}"],
  ["a character that takes the place of a bad one", "\ufffd"],
  ["what looks like JSON", '"}\n{"type":"control_request"}'],
  ["verbs", "cycle devvm\npve cycle devvm\nstatus"],
  ["64 KiB", "x".repeat(limit)],
  ["64 KiB of characters of four bytes", "\u{1f600}".repeat(limit / 4)],
  ["the same, one byte on", `x${"\u{1f600}".repeat(limit / 4 - 1)}xxx`],
  ["the same, two bytes on", `xx${"\u{1f600}".repeat(limit / 4 - 1)}xx`]
]

describe("HTTP-04 a prompt", () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => discard(server))

  for (const [what, prompt] of accepted) {
    it(`reaches the CLI's stdin byte for byte, and nothing else does: ${what}`, async () => {
      const session = await server.session()
      const reader = await server.attach(session)
      const before = [prompts(server.home).length, started(server.home).length] as const
      assert.strictEqual((await server.prompt(session, prompt)).status, 200)
      await reader.until(ofKind("turn_end"))
      await reader.close()
      assert.deepStrictEqual(prompts(server.home).slice(before[0]), [`\n${prompt}`])
      const argv = started(server.home).slice(before[1])
      assert.strictEqual(argv.length, 1)
      assert.isFalse(argv.flat().some((word) => prompt.length > 2 && word.includes(prompt)))
      assert.deepInclude(reader.events()[0], { kind: "user", text: prompt })
    })
  }

  it("is the same when its bytes come one by one", async () => {
    const session = await server.session()
    const reader = await server.attach(session)
    const prompt = "a\u00e9\u20ac\u{1f600}\u2028z"
    const body = Buffer.from(JSON.stringify({ prompt }))
    const { hostname, port, host } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    socket.setNoDelay(true)
    let said = ""
    socket.setEncoding("latin1").on("data", (chunk: string) => (said += chunk))
    const closed = new Promise<void>((settle) => socket.on("close", () => settle()))
    const head = [`POST /api/session/${session}/prompt HTTP/1.1`, `Host: ${host}`, `Authorization: Bearer ${token}`]
    const rest = ["Content-Type: application/json", "Transfer-Encoding: chunked", "Connection: close", "", ""]
    socket.write([...head, ...rest].join("\r\n"))
    for (const byte of body) {
      await new Promise<void>((sent) => socket.write(Buffer.from([0x31, 13, 10, byte, 13, 10]), () => sent()))
    }
    socket.write("0\r\n\r\n")
    await closed
    assert.strictEqual(parse(said).status, 200)
    await reader.until(ofKind("turn_end"))
    await reader.close()
    assert.strictEqual(prompts(server.home).at(-1), `\n${prompt}`)
  })
})
