/** A real browser at the real page, and what went wrong in it. Pages wait for what is shown, never for a time. */
import { assert } from "@effect/vitest"
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type LaunchOptions,
  type Locator,
  type Page
} from "playwright-core"
import { token } from "../server/BreakglassServer.ts"

export const phone = { width: 390, height: 844 } as const
export const sizes = [
  phone,
  { width: 360, height: 640 },
  { width: 844, height: 390 },
  { width: 1280, height: 800 }
] as const

/** As a person has it, where that makes a difference. What else runs needs no tab strip, and a quarter of the work. */
export const wholeChromium = "/usr/bin/chromium"

export const launch = (options: LaunchOptions = {}): Promise<Browser> =>
  chromium.launch({
    executablePath: "/usr/bin/chromium-headless-shell",
    ...options,
    args: [
      ..."--no-sandbox --disable-gpu --no-first-run --disable-background-networking".split(" "),
      ..."--disable-component-update --disable-sync".split(" "),
      ...(options.args ?? [])
    ]
  })

export interface Phone {
  readonly context: BrowserContext
  /** Errors of the page, violations of its CSP and requests to anyone else; a test ends with none. */
  readonly faults: Array<string>
  /** A new tab at an address of the page. */
  open(path?: string): Promise<Page>
}

/** A device with a storage of its own. */
export const makePhone = async (browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Phone> => {
  const context = await browser.newContext({ viewport: phone, hasTouch: true, serviceWorkers: "block", ...options })
  const faults: Array<string> = []
  await context.exposeFunction("reportFault", (fault: string) => faults.push(fault))
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (violation) => {
      const report: unknown = Reflect.get(window, "reportFault")
      if (typeof report === "function") report(`CSP: ${violation.violatedDirective} ${violation.blockedURI}`)
    })
  })
  context.on("weberror", (fault) => faults.push(`error: ${fault.error().message}`))
  context.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) faults.push(`foreign request: ${request.url()}`)
  })
  const close = context.close.bind(context)
  // A handler of ours that still fetches when its context goes fails outside every test: "Request context disposed".
  context.close = async () => {
    await Promise.all(context.pages().map((page) => page.unrouteAll({ behavior: "wait" })))
    await close()
  }
  return {
    context,
    faults,
    open: async (path = "/") => {
      const page = await context.newPage()
      page.setDefaultTimeout(15_000)
      await page.goto(`${url}${path}`)
      return page
    }
  }
}

export const signIn = async (page: Page): Promise<void> => {
  await page.getByLabel("Access token").fill(token)
  await page.getByRole("button", { name: "Sign in", exact: true }).click()
  await message(page).waitFor()
}

export const message = (page: Page) => page.getByRole("textbox", { name: "Message" })
export const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true })

export const say = async (page: Page, text: string): Promise<void> => {
  await message(page).fill(text)
  await button(page, "Send").click()
}

/** Where they are they can be seen whole, and pressed; `height` is what a keyboard leaves. */
export const assertOnScreen = async (page: Page, parts: ReadonlyArray<Locator>, height?: number): Promise<void> => {
  const size = page.viewportSize() ?? phone
  for (const part of parts) {
    const { box } = await middle(part)
    assert.isAtLeast(box.x, 0, String(part))
    assert.isAtLeast(box.y, 0, String(part))
    assert.isAtMost(box.x + box.width, size.width + 0.5, String(part))
    assert.isAtMost(box.y + box.height, (height ?? size.height) + 0.5, String(part))
  }
}

export const composer = (page: Page) => [message(page), button(page, "Send")]

export const middle = async (part: Locator) => {
  const box = await part.boundingBox()
  if (box === null) throw new Error(`${String(part)} is not on the screen`)
  return { x: box.x + box.width / 2, y: box.y + box.height / 2, box }
}

/** A real touch, where a click would be over too soon. */
export const finger = async (page: Page) => {
  const cdp = await page.context().newCDPSession(page)
  const touch = (
    type: "touchStart" | "touchMove" | "touchEnd" | "touchCancel",
    points: ReadonlyArray<{ x: number; y: number }>
  ) => cdp.send("Input.dispatchTouchEvent", { type, touchPoints: [...points] })
  return {
    down: (x: number, y: number) => touch("touchStart", [{ x, y }]),
    move: (x: number, y: number) => touch("touchMove", [{ x, y }]),
    up: () => touch("touchEnd", []),
    /** The system takes the touch for itself: a call, a gesture from the edge. */
    taken: () => touch("touchCancel", [])
  }
}

/** Waits in the page for a promise that gives something true; `waitForFunction` takes the promise itself for it. */
export const until = (page: Page, expression: string) =>
  page.evaluate(`(async () => { while (!(await (${expression}))) await new Promise(requestAnimationFrame) })()`)
