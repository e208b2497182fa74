/**
 * Debian's Firefox without a screen, driven by WebDriver BiDi over a WebSocket. Its page has a phone's size; each has a
 * profile and so a storage of its own.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bound } from "./bound.ts"
import { phone } from "./Phone.ts"
import { type Tab, tabOf } from "./Tab.ts"

/** What asks others for things, or asks the user, is off. */
const prefs = {
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.safebrowsing.downloads.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.getAddons.cache.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,#remote-settings-dummy/v1",
  "toolkit.telemetry.server": "data:,"
}

interface Answer {
  readonly id?: number
  readonly result?: unknown
  readonly error?: string
  readonly message?: string
}
type Evaluated =
  | { readonly type: "success"; readonly result: { readonly value: string } }
  | { readonly type: "exception"; readonly exceptionDetails: { readonly text: string } }

export const openFirefox = async (): Promise<Tab> => {
  const home = mkdtempSync(join(tmpdir(), "breakglass-firefox-"))
  const lines = Object.entries(prefs).map((pref) => `user_pref(${JSON.stringify(pref).slice(1, -1)});\n`)
  writeFileSync(join(home, "user.js"), lines.join(""))
  const args = ["--headless", "--no-remote", "--profile", home, "--remote-debugging-port", "0", "about:blank"]
  const browser = bound("firefox-esr", args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: process.env["PATH"], LANG: "C.UTF-8", HOME: home, MOZ_CRASHREPORTER_DISABLE: "1" }
  })
  const close = async () => {
    await browser.end()
    rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }
  try {
    const url = await browser.said(/WebDriver BiDi listening on (ws:\S+)/)
    const { ask, end } = await connect(`${url}/session`)
    await ask("session.new", { capabilities: {} })
    const { contexts } = await ask<{ contexts: ReadonlyArray<{ context: string }> }>("browsingContext.getTree", {})
    const context = contexts[0]?.context ?? ""
    await ask("browsingContext.setViewport", { context, viewport: phone })
    return tabOf({
      // What the page keeps open for ever is not waited for.
      goto: async (url) => void (await ask("browsingContext.navigate", { context, url, wait: "none" })),
      value: async (expression) => {
        const said = await ask<Evaluated>("script.evaluate", {
          expression: `(async () => JSON.stringify((await (${expression})) ?? null))()`,
          target: { context },
          awaitPromise: true,
          userActivation: true
        })
        if (said.type === "exception") throw new Error(said.exceptionDetails.text)
        return JSON.parse(said.result.value)
      },
      pointer: "touch",
      perform: (actions) => ask("input.performActions", { context, actions }),
      close: async () => {
        end()
        await close()
      }
    })
  } catch (error) {
    await close()
    throw error
  }
}

const connect = async (url: string) => {
  const socket = new WebSocket(url)
  const waiting = new Map<number, (answer: Answer) => void>()
  socket.addEventListener("message", ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer)
  })
  socket.addEventListener("close", () => {
    for (const settle of waiting.values()) settle({ error: "Firefox closed the connection" })
  })
  await new Promise((settle, fail) => {
    socket.addEventListener("open", settle)
    socket.addEventListener("error", () => fail(new Error(`Firefox did not take the connection to ${url}`)))
  })
  let last = 0
  const ask = async <A>(method: string, params: unknown): Promise<A> => {
    const id = ++last
    const answer = await new Promise<Answer>((settle) => {
      waiting.set(id, settle)
      socket.send(JSON.stringify({ id, method, params }))
    })
    waiting.delete(id)
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error}: ${answer.message ?? ""}`)
    return answer.result as A
  }
  return { ask, end: () => socket.close() }
}
