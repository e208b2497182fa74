/* oxlint-disable no-empty-pattern -- vitest reads from the pattern which other fixtures one needs */
/** What a test of the page is given: a server and a demo of its file, made when first asked for, and phones of its own. */
import type { BrowserContextOptions } from "playwright-core"
import { test } from "vitest"
import { discard, startServer } from "../server/BreakglassServer.ts"
import { launch, makePhone } from "./Phone.ts"

const ofFile = { scope: "file" } as const

export const it = test
  .extend("server", ofFile, async ({}, { onCleanup }) => {
    const server = await startServer()
    onCleanup(() => discard(server))
    return server
  })
  .extend("demo", ofFile, async ({}, { onCleanup }) => {
    const demo = await startServer({ entry: "demo" })
    onCleanup(() => discard(demo))
    return demo
  })
  .extend("browser", ofFile, async ({}, { onCleanup }) => {
    const browser = await launch()
    onCleanup(() => browser.close())
    return browser
  })
  /** Makes a device with a storage of its own, which is closed when the test is over. */
  .extend("phone", async ({ browser }, { onCleanup }) => {
    const made: Array<() => Promise<void>> = []
    onCleanup(async () => {
      for (const close of made) await close()
    })
    return async (url: string, options?: BrowserContextOptions) => {
      const phone = await makePhone(browser, url, options)
      made.push(() => phone.context.close())
      return phone
    }
  })
