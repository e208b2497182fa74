/** Signed out and in again: by token, by another tab, by a single sign-on in front. Nothing that was typed is lost. */
import { assert, describe, it } from "@effect/vitest"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Browser, BrowserContextOptions } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { button, launch, makePhone, message, signIn, until } from "../../support/browser/Phone.ts"
import { forward, pass, type Proxy, startProxy } from "../../support/browser/Proxy.ts"

describe("the sign-in", () => {
  let server: Server
  let browser: Browser
  let proxy: Proxy
  let session: string
  beforeAll(async () => {
    server = await startServer()
    browser = await launch()
    proxy = await startProxy(server.url)
    session = await server.session()
    await server.turn(session, "Hello.\n#say Hello back.")
  })
  afterAll(async () => {
    await browser.close()
    proxy.close()
    await discard(server)
  })
  const signedIn = async (path = "/", options: BrowserContextOptions = {}) => {
    proxy.rule = pass
    const phone = await makePhone(browser, proxy.url, options)
    const page = await phone.open(path)
    await signIn(page)
    return { ...phone, page }
  }

  it("keeps the draft through a lost sign-in, and sends it after", { timeout: 30_000 }, async () => {
    const { context, page } = await signedIn(`/#/s/${session}`)
    await page.getByText("Hello back.", { exact: true }).waitFor()
    await message(page).fill("#say After the sign-in.")
    await context.clearCookies()
    await button(page, "Send").click()
    await page.getByText("Sign in to continue").waitFor()
    await signIn(page)
    await page.getByText("After the sign-in.", { exact: true }).waitFor()
    await context.close()
  })

  it("a sign-in in another tab is noticed, and nothing asked before it undoes it", { timeout: 40_000 }, async () => {
    const { context, page, open } = await signedIn(`/#/s/${session}`)
    await page.getByText("Hello back.", { exact: true }).waitFor()
    const look = () => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")))
    await context.clearCookies()
    await look()
    await page.getByText("Sign in to continue").waitFor()
    const late = new Promise<ServerResponse>((settle) => {
      proxy.rule = (asked, response) => {
        if (asked.url !== "/api/session") return false
        proxy.rule = pass
        settle(response)
        return true
      }
    })
    await look()
    const refusal = await late
    const other = await open()
    await signIn(other)
    await look()
    await message(page).waitFor()
    await page.getByText("Live", { exact: true }).waitFor()
    const box = message(page)
    await box.evaluate((element) => element.setAttribute("data-before", ""))
    const heard = page.waitForResponse((answer) => answer.status() === 401)
    refusal.writeHead(401, { "content-type": "application/json" }).end('{"detail":"no"}')
    await (await heard).finished()
    await page.evaluate(() => new Promise(requestAnimationFrame))
    assert.strictEqual(await box.getAttribute("data-before"), "", "the box was taken away, if only for a moment")
    await context.close()
  })

  it("single sign-on is reached on a line where the kept shell is always faster", { timeout: 40_000 }, async () => {
    const { context, page } = await signedIn("/", { serviceWorkers: "allow" })
    await until(page, "navigator.serviceWorker.controller && caches.match('/')")
    const slow = (answer: (asked: IncomingMessage, response: ServerResponse) => void) => {
      proxy.rule = (asked, response) => {
        if (!/^\/($|\?)/.test(asked.url ?? "")) return false
        setTimeout(answer, 700, asked, response)
        return true
      }
    }
    slow((asked, response) => forward(server.url, asked, response, (chunk) => response.write(chunk)))
    await page.reload()
    await until(page, "caches.match('/').then((kept) => kept.headers.get('x-breakglass-took') > 600)")
    slow((_asked, response) => response.writeHead(302, { location: "/icon.svg" }).end())
    await context.clearCookies()
    await page.reload()
    await button(page, "Sign in with single sign-on").click()
    await page.waitForURL("**/icon.svg")
    proxy.rule = pass
    await page.goto(`${proxy.url}/?signin#/s/x`)
    await page.waitForURL(`${proxy.url}/#/s/x`)
    await context.close()
  })

  it("the home screen says who one is and signs out; what the device kept goes along, a draft does not", async () => {
    const { context, faults, page } = await signedIn(`/#/s/${session}`)
    await page.getByText("Hello back.", { exact: true }).waitFor()
    await message(page).fill("Half a thought")
    await page.getByRole("link", { name: "All sessions" }).click()
    await page.getByText("Signed in with the access token.").waitFor()
    const answer = page.waitForResponse((answer) => answer.url().endsWith("/api/logout"))
    await button(page, "Sign out").click()
    assert.strictEqual((await answer).status(), 200)
    await page.getByText("Sign in to continue").waitFor()
    assert.deepStrictEqual(await context.cookies(), [])
    const kept = await page.evaluate("Object.keys(localStorage).sort().join()")
    assert.strictEqual(kept, `breakglass:draft:${session}`)
    assert.strictEqual(await page.getByText("Hello", { exact: false }).count(), 0)
    assert.deepStrictEqual(faults, [])
    await context.close()
  })

  it("a sign-out that the server did not hear of is not taken for one", async () => {
    const { context, page } = await signedIn()
    proxy.rule = (asked, response) => {
      if (asked.url !== "/api/logout") return false
      response.destroy()
      return true
    }
    await button(page, "Sign out").click()
    await page.getByText("The server cannot be reached. You may still be signed in.").waitFor()
    proxy.rule = pass
    await button(page, "Sign out").click()
    await page.getByText("Sign in to continue").waitFor()
    await context.close()
  })

  it("behind single sign-on it says whom that names, and that it cannot be signed out here", async () => {
    const edge = "an-edge-secret-that-is-long-enough-for-any-bind"
    const behind = await startServer({ env: { BREAKGLASS_EDGE_SECRET: edge } })
    const context = await browser.newContext({
      extraHTTPHeaders: { "x-breakglass-edge": edge, "x-authentik-username": "anna" }
    })
    const page = await context.newPage()
    await page.goto(behind.url)
    await page.getByText("Signed in as anna. To sign out, use the sign-on you came through.").waitFor()
    assert.strictEqual(await button(page, "Sign out").count(), 0)
    await context.close()
    await discard(behind)
  })
})
