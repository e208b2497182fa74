/**
 * Debian's WebKitGTK, driven by its own WebDriver, in a window of a phone's size on a display of its own. The engine is
 * Safari's; its network and its touch are not. One window for each driver, each with a HOME and so a storage of its own.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { eventually, portsOf } from "../server/processes.ts"
import { type Bound, bound } from "./bound.ts"
import { phone } from "./Phone.ts"
import { type Tab, tabOf } from "./Tab.ts"

interface Size {
  readonly width: number
  readonly height: number
}

export const openWebKit = async (size: Size = phone): Promise<Tab> => {
  const home = mkdtempSync(join(tmpdir(), "breakglass-webkit-"))
  const screen = ["-displayfd", "3", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
  const display = bound("Xvfb", screen, { stdio: ["ignore", "ignore", "ignore", "pipe"] })
  let driver: Bound | undefined
  const close = async () => {
    await driver?.end()
    await display.end()
    rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }
  try {
    driver = bound("WebKitWebDriver", ["--port=0"], {
      stdio: "ignore",
      env: {
        PATH: process.env["PATH"],
        LANG: "C.UTF-8",
        HOME: home,
        XDG_RUNTIME_DIR: home,
        DISPLAY: `:${await display.said(/^(\d+)\n/, 3)}`,
        GDK_BACKEND: "x11",
        LIBGL_ALWAYS_SOFTWARE: "1",
        // There is no desktop to ask about fonts and contrast.
        GTK_USE_PORTAL: "0",
        NO_AT_BRIDGE: "1"
      }
    })
    const pid = driver.child.pid ?? 0
    await eventually(() => portsOf(pid).length > 0)
    return await windowOf(`http://127.0.0.1:${portsOf(pid)[0]}`, size, close)
  } catch (error) {
    await close()
    throw error
  }
}

const windowOf = async (base: string, size: Size, close: () => Promise<void>): Promise<Tab> => {
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
    pointer: "mouse",
    perform: (actions) => ask("POST", `${session}/actions`, { actions }),
    close: async () => {
      await ask("DELETE", session).catch(() => {})
      await close()
    }
  })
}
