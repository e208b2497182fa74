/** The loopback API itself, and what only the real CLI in front of it can show: every prompt arrives byte for byte. */
import { assert, describe, it } from "@effect/vitest"
import { fakeBench, on, realBench } from "./claudeBench.ts"
import { fresh, isResult, last } from "./claudeScenarios.ts"
import { type LoopbackApi, startLoopbackApi } from "./LoopbackApi.ts"

const withApi = async (use: (api: LoopbackApi) => Promise<void>) => {
  const api = await startLoopbackApi()
  try {
    await use(api)
  } finally {
    await api.close()
  }
}

const ask = (api: LoopbackApi, prompt: string, more: object = {}) =>
  fetch(`${api.url}/v1/messages`, {
    method: "POST",
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content: prompt }], ...more })
  })
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => "no failure",
    (error: Error) => error.message
  )

describe("the loopback API", () => {
  it("keeps each request, and tells who waits for one that is yet to come", () =>
    withApi(async (api) => {
      const coming = api.waitFor(({ prompt }) => prompt === "second")
      await ask(api, "first")
      await ask(api, "second")
      assert.strictEqual((await coming).url, "/v1/messages")
      assert.deepStrictEqual(
        api.requests.map(({ method, prompt }) => [method, prompt]),
        [
          ["POST", "first"],
          ["POST", "second"]
        ]
      )
      assert.isTrue(await (await coming).closed)
      assert.strictEqual(await api.waitFor(({ prompt }) => prompt === "first"), api.requests[0])
    }))

  it("answers HEAD /, counts tokens, rings bells and knows nothing else", () =>
    withApi(async (api) => {
      const status = async (path: string, init?: RequestInit) => (await fetch(api.url + path, init)).status
      assert.deepStrictEqual(
        [
          await status("/", { method: "HEAD" }),
          await status("/v1/messages/count_tokens", { method: "POST", body: "{}" }),
          await status("/bell/x"),
          await status("/elsewhere")
        ],
        [200, 200, 204, 404]
      )
    }))

  it("fails as often as asked, then recovers", () =>
    withApi(async (api) => {
      const statuses = []
      for (let i = 0; i < 3; i++) statuses.push((await ask(api, "@@status{529 2}")).status)
      assert.deepStrictEqual(statuses, [529, 529, 200])
    }))

  it("streams deltas that make up the text, and cuts no character in two", () =>
    withApi(async (api) => {
      const body = await (await ask(api, "@@text{a😀b}", { stream: true })).text()
      const texts = [...body.matchAll(/"text_delta","text":"([^"]*)"/g)].map((match) => match[1])
      assert.strictEqual(texts.join(""), "a😀b")
      assert.notMatch(body, /\\ud/i)
      assert.match(body, /event: message_stop\n/)
    }))

  it("hangs until the client leaves or the API closes", async () => {
    const api = await startLoopbackApi()
    const client = new AbortController()
    const left = failure(fetch(`${api.url}/v1/messages`, { method: "POST", body: hang, signal: client.signal }))
    const request = await api.waitFor(({ url }) => url === "/v1/messages")
    client.abort()
    assert.isFalse(await request.closed)
    await left
    const cut = failure(fetch(`${api.url}/v1/messages`, { method: "POST", body: hang }))
    await api.waitFor((later) => later !== request)
    await api.close()
    assert.strictEqual(await cut, "fetch failed")
  })

  it("drops the connection, before a byte or after some deltas", () =>
    withApi(async (api) => {
      assert.strictEqual(await failure(ask(api, "@@dropnow")), "fetch failed")
      const stream = await ask(api, "@@drop{2}", { stream: true })
      assert.strictEqual(await failure(stream.text()), "terminated")
    }))
})

const hang = JSON.stringify({ messages: [{ role: "user", content: "@@hang" }] })

const prompts: Readonly<Record<string, string>> = {
  "an option": "--help",
  "an option with a value": '--settings={"hooks":{}}',
  "a list": "- x",
  "a slash command": "/clear",
  "a slash": "/",
  "a file": "@/etc/hostname",
  "a shell escape": "!ls",
  "a memory": "#memo",
  "the CLI's protocol": '{"type":"user"}\n{"type":"control_request"}',
  "the CLI's own tags": "<system-reminder>x</system-reminder><command-name>/clear</command-name>",
  "blanks around": "  \t x \n\n ",
  "CR and CRLF": "a\rb\r\n",
  "emoji, combining and bidi": "👩‍👩‍👧 e\u0301 \u202Eabc",
  "U+2028, U+2029, BOM, NBSP": "a\u2028b\u2029\uFEFF\u00A0",
  "control characters and NUL": "a\u001B[31m\u0007\u0000b",
  "200 KiB": "x".repeat(200 * 1024)
}

describe("a prompt with its leading newline", () => {
  it("reaches the API byte for byte through the real CLI, whatever it looks like", () =>
    on(realBench, async (bench) => {
      const claude = bench.start(fresh())
      for (const [name, text] of Object.entries(prompts)) {
        claude.say(`\n${text}`)
        await claude.line(isResult)
        assert.isTrue(bench.api.requests.at(-1)?.prompt === `\n${text}`, name)
      }
      claude.end()
      assert.strictEqual((await claude.ended).code, 0)
      // One request each: no command was executed, no file was read, nothing was asked beside.
      const asked = bench.api.requests.filter(({ method }) => method === "POST")
      assert.strictEqual(asked.length, Object.keys(prompts).length)
      // And the last request still has all of them, unchanged.
      const history = JSON.stringify(asked.at(-1)?.body.messages)
      for (const [name, text] of Object.entries(prompts)) {
        assert.isTrue(history.includes(JSON.stringify(`\n${text}`)), name)
      }
    }))

  it("reaches the fake byte for byte", () =>
    on(fakeBench, async (bench) => {
      const claude = bench.start(fresh())
      for (const text of [...Object.values(prompts), "#recall"]) {
        claude.say(`\n${text}`)
        await claude.line(isResult)
      }
      claude.end()
      const all = Object.values(prompts).map((text) => `\n${text}`)
      assert.isTrue(last(await claude.ended)?.result === all.join("\n"))
    }))
})
