/** The service worker: it opens the page without a network, keeps nothing but the shell, and lets itself be replaced or removed. */
import { assert, describe, it } from "@effect/vitest"
import type { IncomingMessage, ServerResponse } from "node:http"
import { stripTypeScriptTypes } from "node:module"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { discard, dist, root, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { button, launch, makePhone, message, say, signIn, until } from "../../support/browser/Phone.ts"
import { pass, type Proxy, startProxy } from "../../support/browser/Proxy.ts"

const built = (name: string) => readFileSync(dist(`web/${name}`), "utf8")

const controlled = async (page: Page) => {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  await until(page, "caches.match('/')")
}

const cached = (page: Page) =>
  page.evaluate(async () => {
    const paths: Array<string> = []
    for (const name of await caches.keys())
      for (const request of await (await caches.open(name)).keys()) paths.push(new URL(request.url).pathname)
    return paths.sort()
  })

describe("the installed page", () => {
  let server: Server
  let browser: Browser
  let proxy: Proxy
  beforeAll(async () => {
    server = await startServer()
    browser = await launch()
    proxy = await startProxy(server.url)
  })
  afterAll(async () => {
    await browser.close()
    proxy.close()
    await discard(server)
  })
  const install = async () => {
    proxy.rule = pass
    const phone = await makePhone(browser, proxy.url, { serviceWorkers: "allow" })
    const page = await phone.open()
    await signIn(page)
    await controlled(page)
    return { ...phone, page }
  }
  const inPlaceOf =
    (path: string, answer: (answer: ServerResponse) => void) =>
    (asked: IncomingMessage, response: ServerResponse): boolean => {
      if (asked.url !== path) return false
      answer(response)
      return true
    }

  it("can be installed: a manifest, icons that exist, a worker", { timeout: 30_000 }, async () => {
    const manifest = JSON.parse(built("manifest.webmanifest")) as { icons: Array<{ src: string }>; start_url: string }
    assert.strictEqual(manifest.start_url, "/")
    for (const { src } of manifest.icons) assert.strictEqual((await fetch(`${server.url}${src}`)).status, 200)
    const { context, faults } = await install()
    assert.deepStrictEqual(faults, [])
    await context.close()
  })

  it("opens without a network to the last transcript, greyed, with the draft", { timeout: 40_000 }, async () => {
    const { context, page } = await install()
    await say(page, "#say Kept for the tunnel.")
    await page.getByText("Kept for the tunnel.", { exact: true }).waitFor()
    await page.getByText("Done", { exact: true }).waitFor()
    await message(page).fill("half a thought")
    await page.evaluate(() => window.dispatchEvent(new Event("pagehide")))
    proxy.rule = (_asked, answer) => answer.destroy() !== undefined
    await context.setOffline(true)
    const again = await context.newPage()
    await again.goto(proxy.url)
    await again.locator(".offline-copy").getByText("Kept for the tunnel.", { exact: true }).waitFor()
    await again.getByText(/Offline copy from/).waitFor()
    assert.strictEqual(await message(again).inputValue(), "half a thought")
    await again.getByRole("button", { name: "VM controls" }).click()
    assert.isTrue(await again.getByRole("button", { name: /cycle/ }).isDisabled())
    await context.close()
  })

  it(
    "PWA-02: keeps the shell and nothing else; what is under /api never passes through it",
    { timeout: 40_000 },
    async () => {
      const { context, page } = await install()
      const through: Array<string> = []
      page.on("response", (response) => {
        if (response.fromServiceWorker()) through.push(new URL(response.url()).pathname)
      })
      await page.reload()
      await message(page).waitFor()
      await say(page, "#say Through.")
      await page.getByText("Through.", { exact: true }).waitFor()
      assert.isNotEmpty(through)
      const foreign = (paths: ReadonlyArray<string>) =>
        paths.filter((path) => !/^\/($|assets\/|icon\.svg$|manifest\.webmanifest$)/.test(path))
      assert.deepStrictEqual(foreign(through), [])
      assert.deepStrictEqual(foreign(await cached(page)), [])
      await context.close()
    }
  )

  it("PWA-01: a new version is there after one reload, and takes over on a press", { timeout: 40_000 }, async () => {
    const { context, page } = await install()
    const html = built("index.html").replace("<html ", "<html data-version=2 ")
    const worker = built("sw.js").replace(/"version":"[^"]*"/, '"version":"v2"')
    proxy.rule = (asked, answer) => {
      if (asked.url === "/") return answer.writeHead(200, { "content-type": "text/html" }).end(html) !== undefined
      if (asked.url !== "/sw.js") return false
      return answer.writeHead(200, { "content-type": "text/javascript" }).end(worker) !== undefined
    }
    await page.reload()
    await page.locator("html[data-version]").waitFor({ state: "attached" })
    await button(page, "Update").waitFor()
    const loaded = page.waitForEvent("load")
    await button(page, "Update").click()
    await loaded
    await until(page, "caches.keys().then((names) => names.join() === 'shell-v2')")
    await message(page).waitFor()
    await context.close()
  })

  it(
    "PWA-01: a newer page whose script this worker does not hold is not kept: the next open is the old one, whole",
    { timeout: 40_000 },
    async () => {
      const { context, page } = await install()
      const html = built("index.html").replace("<html ", "<html data-version=2 ").replaceAll("/assets/", "/assets/new-")
      proxy.rule = (asked, answer) => {
        if (asked.url === "/") return answer.writeHead(200, { "content-type": "text/html" }).end(html) !== undefined
        if (asked.url === "/sw.js") return answer.destroy() !== undefined
        asked.url = asked.url?.replace("/assets/new-", "/assets/")
        return false
      }
      await page.reload()
      await page.locator("html[data-version]").waitFor({ state: "attached" })
      await message(page).waitFor()
      proxy.rule = (_asked, answer) => answer.destroy() !== undefined
      await page.goto(proxy.url)
      await message(page).waitFor()
      assert.strictEqual(await page.locator("html[data-version]").count(), 0)
      await context.close()
    }
  )

  it("PWA-01: a sign-in page is never kept as the shell, nor a broken worker taken", { timeout: 40_000 }, async () => {
    const { context, page } = await install()
    const shell = await cached(page)
    const sso = (answer: ServerResponse) =>
      void answer.writeHead(200, { "content-type": "text/html" }).end("<title>SSO</title><h1>Single sign-on</h1>")
    proxy.rule = inPlaceOf("/", sso)
    await page.reload()
    await page.getByRole("heading", { name: "Single sign-on" }).waitFor()
    for (const status of [404, 500, 200]) {
      proxy.rule = inPlaceOf(
        "/sw.js",
        (answer) => void answer.writeHead(status, { "content-type": "text/html" }).end("<h1>no worker</h1>")
      )
      const checks = proxy.seen.filter(({ path }) => path === "/sw.js").length
      await page.goto(proxy.url)
      await message(page).waitFor()
      await proxy.asked(/^\/sw\.js$/, checks + 1)
    }
    proxy.rule = (_asked, answer) => answer.destroy() !== undefined
    await page.goto(proxy.url)
    await message(page).waitFor()
    assert.deepStrictEqual(await cached(page), shell)
    await context.close()
  })

  it("PWA-01: the kill switch removes the worker and what it kept", { timeout: 40_000 }, async () => {
    const { context, page } = await install()
    const off = stripTypeScriptTypes(readFileSync(join(root, "web/swOff.ts"), "utf8"))
    proxy.rule = inPlaceOf(
      "/sw.js",
      (answer) => void answer.writeHead(200, { "content-type": "text/javascript" }).end(off)
    )
    await page.reload()
    await until(page, "caches.keys().then((names) => names.length === 0)")
    await until(page, "navigator.serviceWorker.getRegistrations().then((all) => all.length === 0)")
    await message(page).waitFor()
    await context.close()
  })
})
