/**
 * Plays a bad night as a stranger on the page would: reads what it says, presses what it recommends, and knows nothing else.
 * This is the one place where time is the subject, so it is also the one where a test waits for a time: before each tap as
 * long as a thumb takes, and after each text as long as reading it takes.
 */
import { assert } from "@effect/vitest"
import { setTimeout as delay } from "node:timers/promises"
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core"
import { button, finger, makePhone, middle, signIn } from "../support/browser/Phone.ts"

const tapMs = 700
const heldMs = 1700
/** From seeing a change that is watched for. */
const reactionMs = 300
/** Some 250 words a minute; nobody reads more than a few lines before doing something. */
const readingMs = (text: string) => Math.min(6000, 300 + text.length * 45)
const mostSeconds = 90
const mostTaps = 7

export interface Player {
  readonly page: Page
  tap(what: Locator): Promise<void>
  /** One unmoving finger, as long as the button asks for. `when`: the thumb is there already, and waits for this. */
  hold(what: Locator, when?: Locator): Promise<void>
  /** One tap into the box, then the words at a thumb's pace. */
  type(box: Locator, text: string): Promise<void>
  /** Waits until it is there, and reads it. */
  reads(what: string | RegExp): Promise<string>
}

export const results: Array<{ readonly night: string; readonly seconds: number; readonly taps: number }> = []

export interface Night {
  readonly name: string
  readonly url: string
  readonly options?: BrowserContextOptions
  /** What there was on this phone before the night; it is not timed. */
  readonly before?: (page: Page) => Promise<unknown>
  /** Between the two: what goes wrong. */
  readonly breaks?: () => unknown
  readonly play: (player: Player) => Promise<unknown>
}

/** From opening the page until the VM is back, or the operator knows for sure. */
export const play = async (browser: Browser, { name, url, options, before, breaks, play }: Night): Promise<void> => {
  const { context, open } = await makePhone(browser, url, options)
  const earlier = await open()
  await signIn(earlier)
  await before?.(earlier)
  await earlier.close()
  await breaks?.()

  let taps = 0
  const from = performance.now()
  const page = await open()
  page.setDefaultTimeout(mostSeconds * 1000)
  const thumb = await finger(page)
  const press = async (what: Locator, ms: number, when?: Locator) => {
    await what.waitFor()
    await delay(tapMs)
    if (when !== undefined) {
      await when.waitFor()
      await delay(reactionMs)
    }
    taps++
    await what.scrollIntoViewIfNeeded()
    const { x, y } = await middle(what)
    await thumb.down(x, y)
    await delay(ms)
    await thumb.up()
  }
  const tap = (what: Locator) => press(what, 60)
  await play({
    page,
    tap,
    hold: (what, when) => press(what, heldMs, when),
    type: async (box, text) => {
      await tap(box)
      await box.pressSequentially(text, { delay: 60 })
    },
    reads: async (what) => {
      const found = page.getByText(what).filter({ visible: true }).first()
      await found.waitFor()
      const text = await found.innerText()
      await delay(readingMs(text))
      return text
    }
  })
  const seconds = Math.round((performance.now() - from) / 100) / 10
  results.push({ night: name, seconds, taps })
  await context.close()
  assert.isAtMost(seconds, mostSeconds, name)
  assert.isAtMost(taps, mostTaps, name)
}

/** The way to the power that every page has, by what it recommends: two taps, the second one held. */
export const cycles = async ({ page, tap, hold, reads }: Player): Promise<void> => {
  await tap(button(page, "VM controls").first())
  const recommended = page.getByRole("button", { name: /Recommended/ })
  await reads(/^Switched on, but not responding/)
  await hold(recommended)
  await reads(/^Power cycle: running/)
}

export const isBack = ({ reads }: Player) => reads(/^Power cycle: done, verified/)

export const tell = () => {
  const rows = results.map(
    ({ night, seconds, taps }) => `${night.padEnd(32)} ${seconds.toFixed(1).padStart(5)} s ${taps} taps`
  )
  console.info(`\n${rows.join("\n")}`)
}
