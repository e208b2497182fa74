import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { discard, named, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { programs } from "../../support/server/processes.ts"
import { configured, corpus } from "../../support/text/secrets.ts"

/** The corpus in pieces a prompt can hold. */
const parts = Array.from({ length: Math.ceil(corpus.length / 40) }, (_, at) => corpus.slice(at * 40, at * 40 + 40))

const visible = (shown: string, where: string) => {
  const found = corpus.filter(({ secret }) => shown.includes(secret))
  assert.deepStrictEqual(
    found.map(({ what }) => what),
    [],
    where
  )
}

/** Every byte of every file in the state directory but the agent's own working directory. */
const onDisk = (server: Server): string =>
  readdirSync(server.state)
    .map((name) => join(server.state, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, "latin1"))
    .join("\n")

describe("secrets", () => {
  let server: Server
  let session: string
  const seen: Array<string> = []
  const words = join(mkdtempSync(join(tmpdir(), "breakglass-words-")), "secrets.txt")
  const failing = programs({ claude: `cat "${words}" >&2; exit 1` })
  beforeAll(async () => {
    server = await startServer({ env: configured })
    session = await server.session()
    const reader = await server.attach(session)
    for (const part of parts) {
      const text = part.map(({ text }) => text).join("\n")
      writeFileSync(join(server.home, "secrets.txt"), text)
      const said = part.flatMap(({ text }) => (text.includes("\n") ? [] : [`#say ${text}`]))
      await server.turn(
        session,
        [`cat ${"x".repeat(90)}`, text, ...said, `#bash cat ${server.home}/secrets.txt`].join("\n")
      )
    }
    await server.turn(session, "#recall")
    await reader.close()
    seen.push(reader.text())
    const again = await server.attach(session)
    await again.until(named("caught-up"))
    await again.close()
    seen.push(again.text())
  }, 60_000)
  afterAll(() => discard(server))

  it("LOG-01 are in no frame of any stream: prompts, prose, commands, output", () => {
    assert.isAbove(seen.join("").split("[redacted]").length, corpus.length * 4)
    visible(seen.join("\n"), "in a stream")
  })

  it("LOG-01 are in no delta, though each holds nine characters of one", async () => {
    const own = await server.session()
    const reader = await server.attach(own)
    const prose = corpus
      .flatMap(({ text }) => (/\n|-BEGIN/.test(text) ? [] : [`the key is ${text} I think`]))
      .join(", ")
    await server.prompt(own, `#type 2 ${prose} ${"and so it goes on ".repeat(2000)}`)
    const typed = () =>
      reader.frames.map(({ event, data }) => (event === "delta" ? (JSON.parse(data) as { text: string }).text : ""))
    await reader.until(() => typed().join("").includes("and so it goes on and"))
    assert.isAbove(typed().filter((text) => text !== "").length, 5)
    assert.isAbove(typed().join("").split("[redacted]").length, 150)
    visible(typed().join(""), "in the deltas")
    await reader.close()
  })

  it("LOG-01 are in no answer", async () => {
    for (const path of ["/api/session", `/api/session/${session}`, `/api/session/${session}/export`, "/api/info"]) {
      const answer = await server.request(path)
      assert.strictEqual(answer.status, 200)
      visible(await answer.text(), path)
    }
  })

  it("LOG-01 are in no title, though a prompt begins with one", async () => {
    for (const { text, secret } of corpus.filter(({ text }, at) => at % 8 === 0 && text.length < 79)) {
      const own = await server.session()
      await server.turn(own, text)
      const row = (await (await server.request(`/api/session/${own}`)).json()) as { title: string }
      assert.notInclude(row.title, secret)
    }
  }, 120_000)

  it("LOG-01 are in no file of the journal, nor in what the server prints", async () => {
    visible(onDisk(server), "in the journal")
    visible(`${server.stdout()}${server.stderr()}`, "in the server's own log")
  })

  it("LOG-01 are not in the words of a CLI that fails, wherever its last words are cut", async () => {
    const other = await startServer({ env: { ...failing.env, ...configured } })
    const own = await other.session()
    for (const shift of [420, 440, 460, 480, 490]) {
      writeFileSync(words, `${"x".repeat(shift)} ${configured.ANTHROPIC_API_KEY} and more`)
      const events = await other.turn(own, "go")
      const said = JSON.stringify(events)
      assert.include(said, "x [")
      assert.notInclude(said, configured.ANTHROPIC_API_KEY.slice(0, 14))
    }
    visible(onDisk(other), "in the journal")
    await discard(other)
    rmSync(dirname(words), { recursive: true })
  })
})
