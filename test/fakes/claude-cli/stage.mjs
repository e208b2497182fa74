/** What directives and faults share: words from the model, and a wait that an interrupt ends. */
import { setImmediate, setTimeout } from "node:timers/promises"

export async function text(stage, words, everyMs = 0) {
  const { speech, signal } = stage
  const pieces = typeof words === "string" ? [words] : words
  stage.words = pieces.join("")
  speech.open({ type: "text" }, { text: "" })
  for (const text of pieces) {
    speech.delta({ type: "text_delta", text })
    if (everyMs) await wait(everyMs, signal)
  }
  speech.close({ type: "text", text: stage.words })
  await wait(0, signal)
}

/** By the clock: what one block took is not added to the pause after it. */
export async function pace(stage, blocks, everyMs, words) {
  const began = performance.now()
  for (let block = 0; block < blocks; block++) {
    await wait(Math.max(0, Math.round(began + block * everyMs - performance.now())), stage.signal)
    await text(stage, words)
  }
}

export const wait = (ms, signal) =>
  ms === 0 ? setImmediate(undefined, { signal }) : setTimeout(ms, undefined, { signal })
