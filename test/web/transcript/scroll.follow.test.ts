/** The log follows its end until the reader's own gesture and by nothing else, on every engine. */
import { assert, describe, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { engines } from "../../support/browser/engines.ts"
import { sayIn, signInTo, type Tab } from "../../support/browser/Tab.ts"

const below = `(() => { const box = document.querySelector(".transcript")
  return Math.round(box.scrollHeight - box.scrollTop - box.clientHeight) })()`
const drawn = `new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(true))))`
const ended = `document.querySelectorAll(".of-end").length`
const long = "A line of what was found. ".repeat(20)

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => discard(server))

describe.each(engines)("in %s", (_name, open) => {
  let tab: Tab
  beforeAll(async () => {
    tab = await open()
    await tab.goto(server.url)
    await signInTo(tab)
  }, 90_000)
  afterAll(() => tab?.close())

  const left = async () => {
    await tab.value(drawn)
    return tab.value(below)
  }
  const ask = async (text: string) => {
    const ends = await tab.value(ended)
    await sayIn(tab, text)
    await tab.until(`${ended} > ${String(ends)} && document.querySelector(".stopbar") === null`)
  }

  it("the log follows after Send, each time", { timeout: 60_000 }, async () => {
    const seen: Array<unknown> = []
    for (let turn = 0; turn < 5; turn++) {
      await ask(`Turn ${turn}.\n#bash seq 1 40\n#say ${long} End ${turn}.`)
      seen.push(await left())
    }
    assert.deepStrictEqual(seen, [0, 0, 0, 0, 0])
  })

  it(
    "what no gesture moved is followed as before; a wheel ends it, and the end begins it",
    { timeout: 60_000 },
    async () => {
      // As a browser does for reasons of its own: the focus, an anchor, a keyboard that comes.
      await tab.value(`document.querySelector(".transcript").scrollTop -= 300`)
      await ask(`#say ${long} Not the reader.`)
      assert.strictEqual(await left(), 0)
      await tab.wheel(".transcript", -500)
      await tab.until(`${below} > 200`)
      await tab.value(drawn)
      const top = await tab.value(`document.querySelector(".transcript").scrollTop`)
      // Its end is drawn too: an end that still moves away cannot be gone to.
      const turns = Number(await tab.value(ended))
      await server.turn(await here(tab), "#say While one reads above.")
      await tab.until(`${ended} > ${String(turns)} && document.querySelector(".newer")?.innerText.includes("new")`)
      assert.strictEqual(await tab.value(`document.querySelector(".transcript").scrollTop`), top)
      await tab.wheel(".transcript", 5000)
      await tab.until(`document.querySelector(".newer") === null`)
      await server.turn(await here(tab), `#say ${long} Followed again.`)
      await tab.shows("Followed again.")
      assert.strictEqual(await left(), 0)
    }
  )

  it("a session that a restart cut off opens at its end", { timeout: 60_000 }, async () => {
    const session = await here(tab)
    // Longer than a block, so that the heights of what is above are guesses at first.
    for (let turn = 0; turn < 3; turn++) await server.turn(session, `#pace 40 1 ${long}`)
    await sayIn(tab, `#pace 40 1 ${long}\n#bash sleep 300`)
    await tab.until(`document.querySelector("details.running") !== null`)
    await server.stop("SIGKILL")
    const { home } = server
    server = await startServer({ home })
    const seen: Array<unknown> = []
    for (let time = 0; time < 3; time++) {
      await tab.load(`${server.url}/#/s/${session}`)
      await tab.shows("Resume")
      await tab.until(`document.querySelector(".strip").innerText.includes("Live")`)
      seen.push(await left())
    }
    assert.deepStrictEqual(seen, [0, 0, 0])
  })
})

const here = async (tab: Tab) => String(await tab.value("location.hash")).slice("#/s/".length)
