/** What an agent, a VM or another origin may try on the page: shown, inert, and never fetched. */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync, rmSync } from "node:fs"
import { createServer, type Server as Other } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { programs, started } from "../../support/server/processes.ts"
import { launch, makePhone, message, signIn } from "../../support/browser/Phone.ts"

const attacks = [
  "<img src=http://127.0.0.1:1/beacon onerror=alert(1)><svg/onload=alert(1)>",
  "![beacon](http://127.0.0.1:1/pixel.png) </script><script>alert(1)</script>",
  "[one](javascript:alert(1)) [two](JaVaScRiPt:alert(1)) [three](java&#115;cript:alert(1)) [four](data:text/html,x)",
  "<iframe srcdoc='<script>alert(1)</script>'></iframe> <a href='javascript:alert(1)'>raw</a>",
  '<math><mtext><table><mglyph><style><!--</style><img title="--><img src=x onerror=alert(1)>">',
  "[good](https://example.org/a?b=c#d) \u202Egnp.exe"
]

describe("hostile text", () => {
  let server: Server
  let browser: Browser
  const { bin, env } = programs({ ssh: 'echo "$@" >>"$HOME/ssh.log"' })
  beforeAll(async () => {
    server = await startServer({ env })
    browser = await launch()
  })
  afterAll(async () => {
    await browser.close()
    await discard(server)
    rmSync(bin, { recursive: true })
  })

  it(
    "WEB-01 WEB-03: is inert in prompt, prose, command, output and title, and nothing leaves",
    { timeout: 40_000 },
    async () => {
      const session = await server.session()
      const command = `#bash printf '%s' '${attacks.join(" ").replaceAll("'", "")}' # <img src=x onerror=alert(1)>`
      await server.turn(
        session,
        [attacks[0], ...attacks.map((attack) => `#say ${attack}`).slice(0, 1), command].join("\n")
      )
      for (const attack of attacks.slice(1)) await server.turn(session, `${attack}\n#say ${attack}`)
      const { context, faults, open } = await makePhone(browser, server.url)
      const page = await open()
      const dialogs: Array<string> = []
      page.on("dialog", (dialog) => {
        dialogs.push(dialog.message())
        void dialog.dismiss()
      })
      await signIn(page)
      await page.goto(`${server.url}/#/s/${session}`)
      const log = page.getByRole("log")
      await log
        .getByText("Done", { exact: true })
        .nth(attacks.length - 1)
        .waitFor()
      for (const summary of await log.locator("summary").all()) await summary.click()
      assert.strictEqual(
        await log.locator("img, svg:not(.mark), iframe, script, style, math, a[href^=javascript]").count(),
        0
      )
      assert.isAtLeast(await log.getByText("onerror=alert(1)").count(), 4)
      assert.deepStrictEqual([...faults, ...dialogs], [])
      await context.close()
    }
  )

  it(
    "WEB-02 WEB-05: a link shows its whole address and opens without us; tricks of direction are written out",
    { timeout: 30_000 },
    async () => {
      const session = await server.session()
      await server.turn(session, `#say ${attacks[5]}\n#bash printf 'ok\\b\\brm -rf /\\033]8;;http://x\\a'`)
      const { context, open } = await makePhone(browser, server.url)
      const page = await open()
      await signIn(page)
      await page.goto(`${server.url}/#/s/${session}`)
      const link = page.getByRole("link", { name: "https://example.org/a?b=c#d" })
      await link.waitFor()
      assert.strictEqual(await link.getAttribute("rel"), "noopener noreferrer")
      assert.strictEqual(await link.getAttribute("target"), "_blank")
      await page.locator(".prose", { hasText: "\\u202egnp.exe" }).waitFor()
      await page.locator(".tool summary").click()
      await page.locator("pre.output", { hasText: "ok\\x08\\x08rm -rf /\\x1b]8;;http://x\\x07" }).waitFor()
      await context.close()
    }
  )

  it(
    "CSRF-07 WEB-04: a page of another origin changes nothing, starts nothing, reads nothing and frames nothing",
    { timeout: 30_000 },
    async () => {
      const sessions = async () =>
        ((await (await server.request("/api/session")).json()) as { sessions: Array<unknown> }).sessions.length
      const session = await server.session()
      const before = await sessions()
      const evil = await elsewhere(hostile(server.url, session))
      const { context, open } = await makePhone(browser, server.url)
      const page = await open()
      await signIn(page)
      await message(page).waitFor()
      const trap = await context.newPage()
      await trap.goto(evil.url)
      await trap.locator("#report", { hasText: "finished" }).waitFor()
      const report = await trap.locator("#report").innerText()
      assert.notInclude(report, "READ")
      // A page is loaded when its frames are; in place of what may not be framed there is the browser's own error.
      const frames = trap.frames().filter((frame) => frame !== trap.mainFrame())
      assert.deepStrictEqual(
        frames.map((frame) => frame.url()),
        framed.map(() => "chrome-error://chromewebdata/")
      )
      const submitted = trap.waitForResponse(/\/cancel|\/prompt|\/api\/session$/)
      await trap.evaluate(() => document.querySelector("form")?.submit())
      assert.isAtLeast((await submitted).status(), 400)
      assert.strictEqual(await sessions(), before)
      const row = (await (await server.request(`/api/session/${session}`)).json()) as { last_event_id: number | null }
      assert.isNull(row.last_event_id)
      const spoken = existsSync(join(server.home, "ssh.log")) ? readFileSync(join(server.home, "ssh.log"), "utf8") : ""
      // The page that is open watches the VM by itself; --help is the server's own, at its start.
      assert.notMatch(spoken, /selftest|screen/)
      assert.deepStrictEqual(
        started(server.home).filter((argv) => argv.includes("--version")),
        []
      )
      await context.close()
      evil.server.close()
    }
  )

  it("CSRF-02: who types an address of the contract gets it, and what it links to", { timeout: 30_000 }, async () => {
    const { context, open } = await makePhone(browser, server.url)
    await signIn(await open())
    const docs = await open("/docs")
    await docs.getByRole("link", { name: "/openapi.json" }).click()
    await docs.waitForURL(/openapi/)
    assert.include(await docs.locator("body").innerText(), '"openapi"')
    await context.close()
  })
})

const elsewhere = async (html: string): Promise<{ readonly server: Other; readonly url: string }> => {
  const server = createServer((_asked, answer) => answer.writeHead(200, { "content-type": "text/html" }).end(html))
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const framed = ["/", "/docs", "/api/doctor", "/api/pve/screen"]

const hostile = (target: string, session: string) => `<!doctype html><p id="report"></p>
<form method="post" action="${target}/api/session" enctype="text/plain"><input name='{"a":"' value='"}'></form>
${framed.map((path) => `<iframe src="${target}${path}"></iframe>`).join("")}
<img src="${target}/api/info"><img src="${target}/api/pve/screen">
<script>
  const say = (text) => (document.getElementById("report").textContent += text + " ")
  const body = JSON.stringify({ prompt: "stolen" })
  const read = (answer) => answer.text().then((text) => say(text === "" ? "opaque" : "READ " + text.slice(0, 20)), () => say("refused"))
  const all = [
    fetch("${target}/api/session", { method: "POST", mode: "no-cors", credentials: "include", body: "{}" }).then(read, () => say("refused")),
    fetch("${target}/api/session/${session}/prompt", { method: "POST", mode: "no-cors", credentials: "include", headers: { "content-type": "text/plain" }, body }).then(read, () => say("refused")),
    fetch("${target}/api/session/${session}/prompt", { method: "POST", credentials: "include", headers: { "content-type": "application/json" }, body }).then(read, () => say("refused")),
    fetch("${target}/api/info", { credentials: "include" }).then(read, () => say("refused")),
    ...["/api/doctor", "/api/pve/screen"].map((path) =>
      fetch("${target}" + path, { mode: "no-cors", credentials: "include" }).then(read, () => say("refused"))),
    new Promise((done) => {
      const source = new EventSource("${target}/api/session/${session}/stream", { withCredentials: true })
      source.onmessage = () => (say("READ stream"), done())
      source.onerror = () => (source.close(), done())
    })
  ]
  navigator.sendBeacon("${target}/api/session/${session}/prompt", new Blob([body], { type: "text/plain" }))
  Promise.all(all).then(() => say("finished"))
</script>`
