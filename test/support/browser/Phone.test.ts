/** The phone of these tests itself: what it must not do to a test that uses it. */
import { assert, it } from "@effect/vitest"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { launch, makePhone } from "./Phone.ts"

it("a request that a test answers is answered before its phone is closed", async () => {
  const held: Array<() => void> = []
  const server = createServer((request, response) => {
    if (request.url === "/held") held.push(() => response.end("late"))
    else response.writeHead(200, { "content-type": "text/html" }).end("<p>page</p>")
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const browser = await launch()
  const { context, open } = await makePhone(browser, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const page = await open()
  const answered: Array<string> = []
  const asked = new Promise<void>((settle) =>
    page.route("**/held", async (route) => {
      settle()
      const response = await route.fetch()
      answered.push(await response.text())
      await route.fulfill({ response })
    })
  )
  await page.evaluate(() => void fetch("/held"))
  await asked
  while (held.length === 0) await once(server, "request")
  const closed = context.close().then(() => answered.push("closed"))
  held.forEach((release) => release())
  await closed
  assert.deepStrictEqual(answered, ["late", "closed"])
  await browser.close()
  server.close()
})
