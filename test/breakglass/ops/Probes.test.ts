/** What an installation is looked after by: the counts, and the contract in words. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { rmSync } from "node:fs"
import { afterAll, beforeAll } from "vitest"
import * as Metrics from "../../../src/breakglass/ops/metrics.ts"
import { discard, ofKind, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { programs } from "../../support/server/processes.ts"
import { endpoints } from "../../support/http/requests.ts"
import { configured, corpus } from "../../support/text/secrets.ts"

const { bin, env } = programs({ ssh: "echo status: running" })
let server: Server
beforeAll(async () => {
  server = await startServer({
    env: { ...env, ...configured, BREAKGLASS_SESSION_QUOTA_MB: "1", BREAKGLASS_TARGET_NAME: "zq-target-zq" }
  })
})
afterAll(async () => {
  await discard(server)
  rmSync(bin, { recursive: true })
})

const scrape = async () => (await server.request("/metrics")).text()
/** Every series by its name and labels. */
const series = (text: string) =>
  new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line): [string, number] => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))])
  )
/** What was counted meanwhile; counters that stood still are left out. */
const counted = async (work: () => Promise<unknown>) => {
  const before = series(await scrape())
  await work()
  const after = series(await scrape())
  return Object.fromEntries(
    [...after].flatMap(([name, value]) => {
      const more = value - (before.get(name) ?? Number.NaN)
      return more === 0 || !name.includes("_total") ? [] : [[name.replace("breakglass_", ""), more]]
    })
  )
}

describe("GET /metrics", { timeout: 60_000 }, () => {
  it("is Prometheus text: help and type once for each metric, then its series, numbers all", async () => {
    const answer = await server.request("/metrics")
    assert.strictEqual(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8")
    const text = await answer.text()
    const helped = [...text.matchAll(/^# HELP (breakglass_[a-z_]+) \S.*\n# TYPE \1 (counter|gauge)$/gm)]
    assert.strictEqual(helped.length, 11)
    for (const [, name = "", type] of helped) assert.strictEqual(type, name.endsWith("_total") ? "counter" : "gauge")
    const names = helped.map(([, name]) => name)
    for (const [name, value] of series(text)) {
      assert.include(names, name.replace(/\{.*/, ""))
      assert.isTrue(Number.isFinite(value), name)
    }
    assert.match(text, /^breakglass_build_info\{version="\d+\.\d+\.\d+",node="\d+\.\d+\.\d+"\} 1$/m)
  })

  it("counts a turn by its outcome, its events, and what was taken out of them", async () => {
    const session = await server.session()
    const done = await counted(() => server.turn(session, `#say the key is ${configured.ANTHROPIC_API_KEY}`))
    const { redactions_total, events_appended_total, ...rest } = done
    assert.deepStrictEqual(rest, { 'turns_ended_total{outcome="completed"}': 1 })
    assert.isAtLeast(Number(redactions_total), 2)
    assert.isAtLeast(Number(events_appended_total), 4)
    const failed = await counted(() => server.turn(session, "#fault exit-before-init 7"))
    assert.strictEqual(failed['turns_ended_total{outcome="failed"}'], 1)
  })

  it("shows a turn and a reader while they are there", async () => {
    const session = await server.session()
    const reader = await server.attach(session)
    await server.prompt(session, "#say one\n#wait 600000")
    await reader.until(ofKind("text"))
    assert.include(await scrape(), "breakglass_turns_running 1\n")
    assert.isAtLeast(series(await scrape()).get("breakglass_stream_readers") ?? 0, 1)
    await server.post(`/api/session/${session}/cancel`)
    assert.include(await scrape(), "breakglass_turns_running 0\n")
    await reader.close()
  })

  it("counts an operation by verb and outcome, though nobody asked for it by name", async () => {
    assert.deepStrictEqual(await counted(() => server.post("/api/pve/status")), {
      'operations_ended_total{verb="status",outcome="ok"}': 1,
      events_appended_total: 3
    })
  })

  it("counts who was refused, by the reason", async () => {
    const { API_BEARER_TOKEN } = configured
    const more = await counted(async () => {
      await fetch(`${server.url}/api/session`)
      await fetch(`${server.url}/metrics`, { headers: { authorization: "Bearer guess" } })
      await fetch(`${server.url}/api/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ token: API_BEARER_TOKEN })
      })
      const alias = { authorization: `Bearer ${API_BEARER_TOKEN}`, x_authentik_username: "eve" }
      await fetch(`${server.url}/api/session`, { headers: alias })
    })
    assert.deepStrictEqual(more, {
      'auth_refusals_total{reason="Unauthenticated"}': 2,
      'auth_refusals_total{reason="Forbidden"}': 1,
      'auth_refusals_total{reason="BadRequest"}': 1
    })
  })

  it("counts what the journal did not take", async () => {
    const session = await server.session()
    const more = await counted(async () => {
      while ((await server.prompt(session, "x".repeat(65_000))).ok) await server.post(`/api/session/${session}/cancel`)
    })
    assert.isAtLeast(Number(more["journal_write_failures_total"]), 1)
  })

  it.effect("says that the journal is degraded while it is", () =>
    Effect.gen(function* () {
      for (const writable of [false, true]) {
        yield* Metrics.show({ turns: 0, readers: 0, writable })
        assert.include(yield* Metrics.exposition, `\nbreakglass_journal_degraded ${writable ? 0 : 1}\n`)
      }
    })
  )

  it("holds no word that was said or set: no prompt, no session, no target, no secret", async () => {
    const session = await server.session()
    for (const { text } of corpus.slice(0, 20)) await server.prompt(session, `${text} zq-prompt-zq`)
    await server.prompt(session, "x", { model: "zq-model-zq" })
    await server.request("/api/pve/zq-path-zq", { method: "POST" })
    await server.request("/api/session", { headers: { "x-authentik-username": "zq-user-zq" } })
    const text = await scrape()
    assert.notInclude(text, "zq-")
    assert.notInclude(text, session)
    for (const secret of [...Object.values(configured), ...corpus.map(({ secret }) => secret)]) {
      assert.notInclude(text, secret)
    }
    const labels = [...text.matchAll(/(\w+)="([^"]*)"/g)].filter(([, name]) => name !== "version" && name !== "node")
    assert.isAbove(labels.length, 50)
    for (const [, name, value] of labels) {
      assert.include(["why", "reason", "outcome", "verb"], name)
      assert.match(value ?? "", /^[A-Za-z_]+$/)
    }
  })
})

describe("GET /docs", () => {
  const page = async () => (await server.request("/docs")).text()

  it("shows every route of the contract with what it takes and answers", async () => {
    const html = await page()
    const sections = html.split("<section>").slice(1)
    assert.strictEqual(sections.length, endpoints.length)
    for (const { method, path } of endpoints) {
      assert.include(html, `<h2><code>${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}</code></h2>`)
    }
    const prompt = sections.find((section) => section.includes("POST /api/session/{id}/prompt")) ?? ""
    for (const part of ["in the path", "prompt: string", "prompt_id?: string", "<dt><code>409</code></dt>"]) {
      assert.include(prompt, part)
    }
    assert.include(prompt, "<dd>The journal cannot be written; The agent cannot be started</dd>")
    assert.include(html, "verb: &quot;cycle&quot; | &quot;forensics&quot;")
    assert.include(html, "<dt><code>last-event-id?</code></dt><dd>in the header</dd>")
  })

  it("has no script, no style and no address of anybody else's, and is escaped", async () => {
    const answer = await server.request("/docs")
    assert.strictEqual(answer.headers.get("content-type"), "text/html; charset=utf-8")
    const html = await answer.text()
    const tags = new Set([...html.matchAll(/<\/?([a-z0-9]+)/g)].map(([, tag]) => tag))
    const plain = ["html", "meta", "title", "h1", "p", "a", "code", "section", "h2", "dl", "dt", "dd", "div", "pre"]
    assert.deepStrictEqual(
      [...tags].filter((tag) => !plain.includes(tag ?? "")),
      []
    )
    assert.deepStrictEqual(
      [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, to]) => to),
      ["/openapi.json"]
    )
    assert.notMatch(html.replaceAll(/<\/?[a-z0-9]+(?: [a-z]+="[^"]*")*>|<!doctype html>/g, ""), /[<>]/)
  })
})
