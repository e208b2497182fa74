/** The page part: Chromium against the server process with the fake CLI. What a phone waits for, and what it feels. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { discard, dist, type Server, startServer, token } from "../../test/support/server/BreakglassServer.ts"
import { launch, phone, wholeChromium } from "../../test/support/browser/Phone.ts"
import { print } from "./print.ts"
import { startSlow3g } from "./slow3g.ts"

export const run = async (): Promise<void> => {
  bundle()
  const server = await startServer({ env: { BREAKGLASS_MAX_TURNS: "10000" } })
  const browser = await launch({ executablePath: wholeChromium })
  await visits(browser, server)
  const session = await server.session()
  await server.turn(session, mixed(1250))
  for (const cpu of [1, 4]) await drawn(browser, server, session, cpu)
  for (const cpu of [1, 4]) await typed(browser, server, cpu)
  await server.turn(session, "#fault burst 45000 60")
  await scrolled(browser, server, session)
  await browser.close()
  await discard(server)
}

const bundle = () => {
  const built = dist("web")
  const html = readFileSync(join(built, "index.html"), "utf8")
  const first = readdirSync(join(built, "assets")).filter((name) => html.includes(name))
  const size = first.reduce(
    (sum, name) => sum + gzipSync(readFileSync(join(built, "assets", name)), { level: 9 }).length,
    0
  )
  print("JS and CSS before anything can be typed, gzip", size / 1000, 35, "kB")
}

/** From the address to a box that shows what was typed. */
const visits = async (browser: Browser, server: Server) => {
  const slow = await startSlow3g(server.url)
  const context = await browser.newContext({ viewport: phone })
  await withToken(context, slow.url)
  for (const [what, limit] of [
    ["first visit", 4],
    ["return", 1]
  ] as const) {
    const page = await slowed(context, 4)
    const began = performance.now()
    await page.goto(slow.url, { waitUntil: "commit" })
    await page.getByRole("textbox", { name: "Message" }).pressSequentially("x")
    await page.waitForFunction(() => document.querySelector("textarea")?.value.endsWith("x"))
    print(`composer usable, ${what}, Slow 3G, 4x slower CPU`, (performance.now() - began) / 1000, limit, "s")
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null, undefined, { timeout: 60_000 })
    await page.close()
  }
  await context.close()
  slow.close()
}

const drawn = async (browser: Browser, server: Server, session: string, cpu: number) => {
  const context = await signedIn(browser, server)
  const page = await slowed(context, cpu)
  await page.goto(`${server.url}/#/s/${session}`, { waitUntil: "commit" })
  await page.locator(".of-end").first().waitFor()
  await page.getByText("Live", { exact: true }).waitFor()
  const took = await page.evaluate(
    () => new Promise<number>((settle) => requestAnimationFrame(() => setTimeout(() => settle(performance.now()), 0)))
  )
  print(`5,000 mixed events drawn, from the address, CPU ${cpu}x slower`, took / 1000, cpu === 1 ? 1.5 : 6, "s")
  await context.close()
}

const typed = async (browser: Browser, server: Server, cpu: number) => {
  const session = await server.session()
  await server.prompt(session, "#pace 3000 5 one more event")
  const context = await signedIn(browser, server)
  const page = await slowed(context, cpu)
  await page.goto(`${server.url}/#/s/${session}`)
  await page.getByText("Live", { exact: true }).waitFor()
  await page.evaluate(() => {
    const times: Array<number> = []
    Reflect.set(window, "times", times)
    document.addEventListener("keydown", ({ timeStamp }) =>
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => times.push(performance.now() - timeStamp)
        port2.postMessage(0)
      })
    )
  })
  const events = () => page.evaluate(() => Number([...document.querySelectorAll(".of-text")].at(-1)?.id.slice(2) ?? 0))
  const [from, began] = [await events(), performance.now()]
  await page.getByRole("textbox", { name: "Message" }).pressSequentially(pangram, { delay: 60 })
  const rate = ((await events()) - from) / ((performance.now() - began) / 1000)
  const times = (await page.evaluate(() => Reflect.get(window, "times") as Array<number>)).sort((a, b) => a - b)
  const p95 = times[Math.floor(times.length * 0.95)] ?? Infinity
  print(`key to paint p95, ${Math.round(rate)} events/s, CPU ${cpu}x slower`, p95, cpu === 1 ? 50 : 120, "ms")
  await context.close()
  await server.post(`/api/session/${session}/cancel`)
}

const scrolled = async (browser: Browser, server: Server, session: string) => {
  const context = await signedIn(browser, server)
  const page = await slowed(context, 4)
  await page.goto(`${server.url}/#/s/${session}`, { waitUntil: "commit" })
  await page.getByText("Live", { exact: true }).waitFor({ timeout: 120_000 })
  const loaded = await page.evaluate(() => performance.now())
  print("50,000 events drawn, from the address, CPU 4x slower", loaded / 1000, 60, "s")
  const frames = await page.evaluate(async () => {
    const box = document.querySelector(".transcript")
    const gaps: Array<number> = []
    for (let last = performance.now(); gaps.length < 180;) {
      const now = await new Promise<number>((settle) => requestAnimationFrame(settle))
      if (box !== null) box.scrollTop -= 60
      gaps.push(now - last)
      last = now
    }
    return 1000 / (gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length)
  })
  print("ms a frame while 50,000 events scroll, CPU 4x slower", 1000 / frames, 1000 / 30, "ms")
  await context.close()
}

/** Sixteen keys a second: faster than a thumb, slower than a machine that leaves no frame to be drawn. */
const pangram = "the quick brown fox jumps over the lazy dog ".repeat(2)

const mixed = (rounds: number): string => "#say a line of prose\n#bash echo out\n".repeat(rounds) + "#say done"

const signedIn = async (browser: Browser, server: Server): Promise<BrowserContext> => {
  const context = await browser.newContext({ viewport: phone, serviceWorkers: "block" })
  await withToken(context, server.url)
  return context
}

const withToken = (context: BrowserContext, url: string) =>
  context.request.post(`${url}/api/login`, {
    data: { token },
    headers: { origin: url, "sec-fetch-site": "same-origin" }
  })

const slowed = async (context: BrowserContext, rate: number): Promise<Page> => {
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  if (rate > 1) await (await context.newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate })
  return page
}
