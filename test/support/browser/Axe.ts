/** WCAG 2.2 AA, as far as a program can see it. */
import { assert } from "@effect/vitest"
import type axe from "axe-core"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { root } from "../server/project.ts"

/** As text: it takes whatever is called `window` where it is imported, and that may be another test's stand-in. */
const source = readFileSync(join(root, "node_modules/axe-core/axe.min.js"), "utf8")

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

export const assertAccessible = async (page: Page, state: string): Promise<void> => {
  await page.evaluate(source)
  const violations = await page.evaluate(async (runOnly) => {
    const runner = Reflect.get(window, "axe") as typeof axe
    const { violations } = await runner.run(document, { runOnly, resultTypes: ["violations"] })
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" ¦ ")}`)
  }, tags)
  assert.deepStrictEqual(violations, [], state)
}

/** Every control a finger is meant for: at least 44 by 44, 48 where it cuts power. Links inside a sentence are exempt (2.5.8). */
export const assertTargets = async (page: Page, state: string): Promise<void> => {
  const { looked, small } = await page.evaluate(() => {
    const all = [
      ...document.querySelectorAll<HTMLElement>("button, summary, select, textarea, input, a.home, .sessions a")
    ].filter((element) => element.checkVisibility())
    const small = all
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ element, box }) => {
        const least = element.matches(".hold, .deadly, .stop-agent") ? 48 : 40
        return box.height < (element.matches("textarea") ? 40 : Math.max(least, 43.5)) || box.width < 43.5
      })
      .map(({ element, box }) => `${element.outerHTML.slice(0, 90)} ${Math.round(box.width)}x${Math.round(box.height)}`)
    return { looked: all.length, small }
  })
  assert.isAbove(looked, 0, state)
  assert.deepStrictEqual(small, [], state)
}
