/** What the page does not know of an operation, and how it comes to know it: answers lost on the way, a log half read or silent. */
import { assert, describe, it } from "@effect/vitest"
import type { ServerResponse } from "node:http"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, beforeEach } from "vitest"
import type { Operation } from "../../../src/contract/Power.ts"
import { operation } from "../../support/power/runs.ts"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { button, launch, makePhone } from "../../support/browser/Phone.ts"
import { pass, type Proxy, startProxy } from "../../support/browser/Proxy.ts"

const at = "2026-01-01T00:00:00.000Z"
const former = operation({ started_at: at })
const event = (id: number, op: Operation) => `id: ${id}\ndata: ${JSON.stringify({ kind: "operation", op, id, at })}\n\n`
const caughtUp = "event: caught-up\ndata: {}\n\n"
const isStream = (path = "") => path.startsWith("/api/pve/stream")

const unknown = /No answer: it may have started/
const cycle = async (page: Page) => {
  await page.getByRole("button", { name: /^Cut power and start again/ }).press("Enter")
  await button(page, "Continue").click()
  await page.getByRole("button", { name: /\(cycle\)$/ }).click()
}

describe("in doubt", () => {
  let demo: Server
  let browser: Browser
  let proxy: Proxy
  beforeAll(async () => {
    demo = await startServer({ entry: "demo" })
    browser = await launch()
    proxy = await startProxy(demo.url)
  })
  beforeEach(() => {
    proxy.rule = pass
  })
  afterAll(async () => {
    await browser.close()
    proxy.close()
    await discard(demo)
  })

  /** The server takes what is asked of it, and its answer is lost: 502 in its place. */
  const losing = async (page: Page) => {
    const ids: Array<string> = []
    await page.route("**/api/pve/ops", async (route) => {
      if (route.request().method() !== "POST") return route.continue()
      const { verb, op_id } = route.request().postDataJSON() as { verb: string; op_id: string }
      if (verb !== "cycle") return route.continue()
      ids.push(op_id)
      await route.fetch()
      await route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad Gateway</h1>" })
    })
    return ids
  }

  it(
    "a 502 after the server took it is not known, and the same press, also after a look, is no second cycle",
    {
      timeout: 60_000
    },
    async () => {
      const { context, open } = await makePhone(browser, proxy.url)
      // Nothing but the answers to its own requests reaches this page.
      proxy.rule = ({ url, method }, answer) => {
        if (method === "POST" || url?.startsWith("/api/pve/") !== true) return false
        answer.destroy()
        return true
      }
      const page = await open()
      const ids = await losing(page)
      await button(page, "VM controls").click()
      await cycle(page)
      await page.getByText(unknown).waitFor()
      await page.getByRole("button", { name: /status/ }).click()
      await page
        .getByText(/^Check: /)
        .first()
        .waitFor()
      await cycle(page)
      await page.getByText(unknown).waitFor()
      const { operations } = (await (await demo.request("/api/pve/ops")).json()) as { operations: Array<Operation> }
      assert.strictEqual(operations.filter(({ verb }) => verb === "cycle").length, 1)
      assert.deepStrictEqual(ids, [operations.find(({ verb }) => verb === "cycle")?.op_id, ids[0]])
      await context.close()
    }
  )

  it("what is not known is said until the stream shows that very operation", { timeout: 60_000 }, async () => {
    const { context, open } = await makePhone(browser, proxy.url)
    let stream: ServerResponse | undefined
    proxy.rule = ({ url, method }, answer) => {
      if (isStream(url)) stream = answer.writeHead(200, { "content-type": "text/event-stream" })
      stream?.write(caughtUp)
      if (method === "GET" && url?.startsWith("/api/pve/ops") === true) answer.destroy()
      return isStream(url) || answer.destroyed
    }
    const page = await open()
    const ids = await losing(page)
    await button(page, "VM controls").click()
    await cycle(page)
    await page.getByText(unknown).waitFor()
    stream?.write(
      event(0, { ...former, op_id: "22222222-2222-4222-8222-222222222222", actor: "bob", verb: "forensics" })
    )
    await page.getByText("Collect evidence: running").waitFor()
    assert.isTrue(await page.getByText(unknown).isVisible())
    stream?.write(event(1, { ...former, op_id: ids[0] ?? "" }))
    await page.getByText("Power cycle: running").waitFor()
    assert.strictEqual(await page.getByText(unknown).count(), 0)
    await context.close()
  })

  it("an operation of old is not running while the log of it is read", { timeout: 60_000 }, async () => {
    const { context, open } = await makePhone(browser, proxy.url)
    let stream: ServerResponse | undefined
    const opened = new Promise<void>((settle) => {
      proxy.rule = ({ url }, answer) => {
        if (!isStream(url)) return false
        stream = answer.writeHead(200, { "content-type": "text/event-stream" })
        stream.write(event(0, former), () => settle())
        return true
      }
    })
    const page = await open()
    const said = await page.evaluateHandle(() => {
      const words: Array<string | null> = []
      const state = document.getElementById("vm-state")
      const look = () => words.push(state?.textContent ?? null)
      look()
      if (state !== null)
        new MutationObserver(look).observe(state, { subtree: true, childList: true, characterData: true })
      return words
    })
    await opened
    // What came before this answer has been read by the time the next frame is drawn.
    await page.evaluate(async () => {
      await (await fetch("/health")).text()
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
    })
    stream?.write(event(1, { ...former, phase: "done", ended_at: at, outcome: "ok", verified: true }))
    stream?.write(caughtUp)
    await button(page, "VM controls").click()
    await page.getByText("Power cycle: done, verified").first().waitFor()
    assert.notMatch((await said.jsonValue()).join(), /cycle/)
    await context.close()
  })

  it(
    "the end of an operation is shown though the log tells nothing, asked for one request at a time",
    {
      timeout: 60_000
    },
    async () => {
      const { context, open } = await makePhone(browser, proxy.url)
      let held: (() => void) | undefined
      proxy.rule = ({ url }, answer) => {
        if (isStream(url)) answer.writeHead(200, { "content-type": "text/event-stream" }).write(caughtUp)
        if (url?.startsWith("/api/pve/ops/") !== true || held !== undefined) return isStream(url)
        held = () => answer.writeHead(503).end()
        return true
      }
      const page = await open()
      await page.clock.install()
      await page.reload()
      await page.getByText("Live", { exact: true }).waitFor()
      await button(page, "VM controls").click()
      await page.getByRole("button", { name: /forensics/ }).click()
      await page.getByText("Collect evidence: running").first().waitFor()
      const from = proxy.seen.length
      const asked = () => proxy.seen.slice(from).filter(({ path }) => path.startsWith("/api/pve/ops"))
      await page.clock.runFor(3100)
      await proxy.asked(/^\/api\/pve\/ops\//, 1)
      await page.clock.runFor(9000)
      assert.strictEqual(asked().length, 1)
      held?.()
      await page.clock.resume()
      await page.getByText("Collect evidence: done").first().waitFor()
      for (const { path } of asked()) assert.match(path, /^\/api\/pve\/ops\/./)
      await context.close()
    }
  )
})
