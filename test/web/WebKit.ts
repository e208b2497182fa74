/**
 * Debian's WebKitGTK, driven by its own WebDriver, in a window of a phone's size on a display of its own. The engine is
 * Safari's; its network and its touch are not. One window for each driver, each with a HOME and so a storage of its own.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { eventually, portsOf } from "../support/processes.ts"
import { phone } from "./Phone.ts"
import { type Tab, tabOf } from "./Tab.ts"

export const openWebKit = async (size: { readonly width: number; readonly height: number } = phone): Promise<Tab> => {
  const home = mkdtempSync(join(tmpdir(), "breakglass-webkit-"))
  const display = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"]
  })
  const number = await new Promise<string>((settle, fail) => {
    ;(display.stdio[3] as Readable).once("data", (line: Buffer) => settle(line.toString().trim()))
    display.once("error", fail).once("exit", () => fail(new Error("Xvfb ended before it had a display")))
  })
  const driver = spawn("WebKitWebDriver", ["--port=0"], {
    stdio: "ignore",
    env: {
      PATH: process.env["PATH"],
      LANG: "C.UTF-8",
      HOME: home,
      XDG_RUNTIME_DIR: home,
      DISPLAY: `:${number}`,
      GDK_BACKEND: "x11",
      LIBGL_ALWAYS_SOFTWARE: "1",
      // There is no desktop to ask about fonts and contrast.
      GTK_USE_PORTAL: "0",
      NO_AT_BRIDGE: "1"
    }
  })
  const gone = Promise.all([display, driver].map((child) => new Promise((settle) => child.once("exit", settle))))
  const pid = driver.pid ?? 0
  await eventually(() => portsOf(pid).length > 0)
  const base = `http://127.0.0.1:${portsOf(pid)[0]}`

  const ask = async <A>(method: string, path: string, body?: unknown): Promise<A> => {
    const answer = await fetch(`${base}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    const { value } = (await answer.json()) as { readonly value: A & { readonly message?: string } }
    if (!answer.ok) throw new Error(`${method} ${path}: ${value.message ?? answer.status}`)
    return value
  }
  const binary = join(import.meta.dirname, "phoneWindow.py")
  const { sessionId } = await ask<{ readonly sessionId: string }>("POST", "/session", {
    capabilities: {
      alwaysMatch: {
        // What the page keeps open for ever is not waited for.
        pageLoadStrategy: "none",
        "webkitgtk:browserOptions": { binary, args: [String(size.width), String(size.height)] }
      }
    }
  })
  const session = `/session/${sessionId}`
  return tabOf({
    goto: (url) => ask("POST", `${session}/url`, { url }),
    value: async (expression) => {
      const script = `const tell = arguments[0]
        Promise.resolve().then(async () => tell({ value: (await (${expression})) ?? null }), ).catch((error) => tell({ error: String(error) }))`
      const said = await ask<{ readonly value?: unknown; readonly error?: string }>(
        "POST",
        `${session}/execute/async`,
        {
          script,
          args: []
        }
      )
      if (said.error !== undefined) throw new Error(said.error)
      return said.value
    },
    perform: (actions) => ask("POST", `${session}/actions`, { actions }),
    close: async () => {
      await ask("DELETE", session).catch(() => {})
      driver.kill()
      display.kill()
      await gone
      rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    }
  })
}
