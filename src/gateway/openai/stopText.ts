/**
 * The text up to the first of some words, as it comes in pieces; pure. What may be the beginning of such a word is held back
 * until the next piece shows whether it is one.
 */

export interface StopText {
  /** What may be passed on of it. */
  readonly push: (piece: string) => string
  /** What was held back and is no stop word after all: for the end of the text. */
  readonly rest: () => string
  readonly stopped: () => boolean
}

export const stopText = (words: ReadonlyArray<string>): StopText => {
  const longest = Math.max(0, ...words.map((word) => word.length))
  let held = ""
  let found = false
  return {
    push: (piece) => {
      if (found) return ""
      if (longest === 0) return piece
      const text = held + piece
      const at = first(text, words)
      found = at !== -1
      const end = found ? at : text.length - beginning(text, words, longest)
      held = found ? "" : text.slice(end)
      return text.slice(0, end)
    },
    rest: () => {
      const text = held
      held = ""
      return text
    },
    stopped: () => found
  }
}

const first = (text: string, words: ReadonlyArray<string>): number =>
  words.reduce((least, word) => {
    const at = text.indexOf(word)
    return at !== -1 && (least === -1 || at < least) ? at : least
  }, -1)

/** How many characters at the end of the text may be the beginning of a word. */
const beginning = (text: string, words: ReadonlyArray<string>, longest: number): number => {
  for (let length = Math.min(longest - 1, text.length); length > 0; length--) {
    const end = text.slice(-length)
    if (words.some((word) => word.startsWith(end))) return length
  }
  return 0
}
