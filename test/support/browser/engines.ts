/** The engines a test of every engine runs on: each opens one window of a phone's size. */
import { openFirefox } from "./Firefox.ts"
import { finger, launch, phone, wholeChromium } from "./Phone.ts"
import { type Actions, type Tab, tabOf } from "./Tab.ts"
import { openWebKit } from "./WebKit.ts"

interface Place {
  readonly x: number
  readonly y: number
}

const openChromium = async (): Promise<Tab> => {
  const browser = await launch({ executablePath: wholeChromium })
  const page = await (await browser.newContext({ viewport: phone, hasTouch: true })).newPage()
  const { mouse, keyboard } = page
  const touch = await finger(page)
  let at: Place = { x: 0, y: 0 }
  const act: Readonly<Record<string, (given: never, by: unknown) => Promise<unknown> | undefined>> = {
    pointerMove: ({ x, y }: Place, by) => {
      at = { x, y }
      return by === "touch" ? undefined : mouse.move(x, y)
    },
    pointerDown: (_, by) => (by === "touch" ? touch.down(at.x, at.y) : mouse.down()),
    pointerUp: (_, by) => (by === "touch" ? touch.up() : mouse.up()),
    keyDown: ({ value }: { readonly value: string }) => keyboard.press(value === "\uE007" ? "Enter" : value),
    scroll: ({ x, y, deltaY }: Place & { readonly deltaY: number }) =>
      mouse.move(x, y).then(() => mouse.wheel(0, deltaY))
  }
  return tabOf({
    goto: async (url) => {
      await page.goto(url, { waitUntil: "commit" })
    },
    value: (expression) => page.evaluate(expression),
    pointer: "touch",
    perform: async (sources: Actions) => {
      for (const { id, actions } of sources) {
        for (const action of actions as ReadonlyArray<{ readonly type: string }>)
          await act[action.type]?.(action as never, id)
      }
    },
    close: () => browser.close()
  })
}

/** By what each holds a button, and how it names itself. WebKitGTK's driver has no finger. */
export const engines: ReadonlyArray<readonly [name: string, open: () => Promise<Tab>, agent: RegExp]> = [
  ["Chromium, held by touch", openChromium, /Chrome\//],
  ["WebKit, held by mouse", openWebKit, /AppleWebKit\/(?!.*Chrom)/],
  ["Firefox, held by touch", openFirefox, /Gecko\/.* Firefox\//]
]
