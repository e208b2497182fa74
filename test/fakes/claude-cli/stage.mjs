/** What directives and faults share: words from the model, and a wait that an interrupt ends. */

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

export const wait = (ms, signal) =>
  new Promise((done, stop) => {
    if (signal.aborted) return stop(signal.reason)
    const timer = ms === 0 ? setImmediate(done) : setTimeout(done, ms)
    signal.addEventListener("abort", () => {
      clearTimeout(timer)
      stop(signal.reason)
    })
  })
