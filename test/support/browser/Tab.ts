/**
 * One window of a browser, seen through the few calls that each of them has. A driver gives those (`engines.ts` names them
 * all); this file gives what a test does with them, so that one test runs on every engine.
 *
 *     const tab = await openWebKit()
 *     await tab.goto(server.url)
 *     await signInTo(tab)
 *     await tab.press("Send")
 *     await tab.until(`document.body.innerText.includes("Done")`)
 *     await tab.close()
 *
 * Expressions are texts: they run in the page. Nothing waits for a time; what never comes ends the test with the expression.
 */
import { setTimeout as delay } from "node:timers/promises"
import { token } from "../server/BreakglassServer.ts"

/** Input sources as WebDriver's `actions` and BiDi's `input.performActions` both take them. */
export type Actions = ReadonlyArray<{ readonly type: string; readonly id: string } & Readonly<Record<string, unknown>>>

export interface Driver {
  /** Asks for an address; what loads is waited for with `until`. */
  goto(url: string): Promise<void>
  /** The value of an expression in the page; a promise is waited for. */
  value(expression: string): Promise<unknown>
  perform(actions: Actions): Promise<unknown>
  /** What holds: a driver that cannot touch moves a mouse. */
  readonly pointer: "touch" | "mouse"
  close(): Promise<void>
}

export interface Tab extends Driver {
  until(expression: string): Promise<void>
  /** Until this text is on the page. */
  shows(text: string): Promise<void>
  /**
   * Presses the button, link or summary with this name, with a mouse at its middle: a touch that a busy machine makes longer
   * is a long press, and no click follows.
   */
  press(name: string): Promise<void>
  /** The same with a finger, which stays down until this is true. */
  hold(name: string, expression: string): Promise<void>
  /** From a page to this address, in a new document whatever the old one was. */
  load(url: string): Promise<void>
  /** Presses the keys of these characters, or of one of WebDriver's such as "\uE007" for Enter. */
  keys(text: string): Promise<void>
  /** Turns a wheel over the middle of what a selector finds: negative is towards the beginning. */
  wheel(selector: string, by: number): Promise<void>
}

const patienceMs = 20_000

export const tabOf = (driver: Driver): Tab => {
  const until = async (expression: string) => {
    const from = Date.now()
    let last: unknown
    while (Date.now() - from < patienceMs) {
      // A document that is being replaced has no answer.
      last = await driver.value(expression).catch((error: unknown) => error)
      if (Boolean(last) && !(last instanceof Error)) return
      await delay(20)
    }
    const text = await driver.value("`${location.href}\n${document.body.innerText.slice(0, 2000)}`").catch(() => "")
    throw new Error(`never came true: ${expression} (last: ${String(last)}); the page:\n${String(text)}`)
  }
  /** Once it stands still with nothing before it: what moves is missed. */
  const middle = async (element: string): Promise<{ readonly x: number; readonly y: number }> => {
    await until(`(async () => {
      const box = () => { const box = (${element})?.getBoundingClientRect(); return box && [box.x, box.y, box.width, box.height] }
      const first = box()
      if (first === undefined) return false
      const [x, y, width, height] = first
      if (!(${element}).contains(document.elementFromPoint(x + width / 2, y + height / 2))) {
        ;(${element}).scrollIntoView({ block: "center" })
        return false
      }
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
      return first.join() === box()?.join()
    })()`)
    return (await driver.value(`(() => {
      const box = (${element}).getBoundingClientRect()
      return { x: Math.round(box.x + box.width / 2), y: Math.round(box.y + box.height / 2) }
    })()`)) as { x: number; y: number }
  }
  const down = { type: "pointerDown", button: 0 }
  const up = { type: "pointerUp", button: 0 }
  const point = (pointerType: "touch" | "mouse", actions: ReadonlyArray<object>) =>
    driver.perform([{ type: "pointer", id: pointerType, parameters: { pointerType }, actions }])
  return {
    ...driver,
    until,
    shows: (text) => until(`document.body.innerText.includes(${JSON.stringify(text)})`),
    press: async (name) => {
      const { x, y } = await middle(named(name))
      await point("mouse", [{ type: "pointerMove", x, y, duration: 0 }, down, up])
    },
    hold: async (name, expression) => {
      const { x, y } = await middle(named(name))
      await point(driver.pointer, [{ type: "pointerMove", x, y, duration: 0 }, down])
      await until(expression)
      await point(driver.pointer, [up])
    },
    load: async (url) => {
      // By the page itself: to a driver, an address that differs only after its # is the same document.
      await driver.value(`void (window.isOld = true, setTimeout((next) => {
        if (new URL(next).origin !== location.origin) return location.assign(next)
        history.replaceState(null, "", next)
        location.reload()
      }, 0, ${JSON.stringify(new URL(url).href)}))`)
      await until(`window.isOld === undefined && document.readyState === "complete"`)
    },
    keys: async (text) => {
      const actions = [...text].flatMap((value) => [
        { type: "keyDown", value },
        { type: "keyUp", value }
      ])
      await driver.perform([{ type: "key", id: "keys", actions }])
    },
    wheel: async (selector, by) => {
      const { x, y } = await middle(`document.querySelector(${JSON.stringify(selector)})`)
      await driver.perform([{ type: "wheel", id: "wheel", actions: [{ type: "scroll", x, y, deltaX: 0, deltaY: by }] }])
    }
  }
}

/** What is seen and pressed under this name; a name may be the beginning of a longer one. */
const named = (name: string) => `[...document.querySelectorAll("button, a, summary")].find((each) =>
  each.checkVisibility() && (each.getAttribute("aria-label") ?? each.innerText.trim()).startsWith(${JSON.stringify(name)}))`

export const signInTo = async (tab: Tab): Promise<void> => {
  await write(tab, "token", token)
  await tab.press("Sign in")
  await tab.until(`document.getElementById("message") !== null`)
}

export const sayIn = async (tab: Tab, text: string): Promise<void> => {
  await write(tab, "message", text)
  await tab.press("Send")
}

/** In the place of what stands there, as a keyboard's suggestion comes: the editor's own way, all at once. */
export const write = async (tab: Tab, id: string, text: string) => {
  await tab.until(
    `(() => { const it = document.getElementById("${id}"); it?.select(); it?.focus(); return it !== null && document.activeElement === it })()`
  )
  await tab.value(`document.execCommand("${text === "" ? "delete" : "insertText"}", false, ${JSON.stringify(text)})`)
}
