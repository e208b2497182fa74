/** The engines a test of every engine runs on: each opens one window of a phone's size. */
import { phone, launch } from "./Phone.ts"
import { type Actions, type Tab, tabOf } from "./Tab.ts"
import { openWebKit } from "./WebKit.ts"

const openChromium = async (): Promise<Tab> => {
  const browser = await launch()
  const page = await (await browser.newContext({ viewport: phone })).newPage()
  const { mouse, keyboard } = page
  const act: Readonly<Record<string, (given: never) => Promise<unknown> | undefined>> = {
    pause: ({ duration }: { readonly duration: number }) => new Promise((settle) => setTimeout(settle, duration)),
    pointerMove: ({ x, y }: Place) => mouse.move(x, y),
    pointerDown: () => mouse.down(),
    pointerUp: () => mouse.up(),
    keyDown: ({ value }: { readonly value: string }) => keyboard.press(value === "\uE007" ? "Enter" : value),
    scroll: ({ x, y, deltaY }: Place & { readonly deltaY: number }) =>
      mouse.move(x, y).then(() => mouse.wheel(0, deltaY))
  }
  return tabOf({
    goto: async (url) => {
      await page.goto(url)
    },
    value: (expression) => page.evaluate(expression),
    perform: async (sources: Actions) => {
      for (const { actions } of sources) {
        for (const action of actions as ReadonlyArray<{ readonly type: string }>)
          await act[action.type]?.(action as never)
      }
    },
    close: () => browser.close()
  })
}

interface Place {
  readonly x: number
  readonly y: number
}

export const engines: ReadonlyArray<readonly [name: string, open: () => Promise<Tab>]> = [
  ["Chromium", openChromium],
  ["WebKit", openWebKit]
]
