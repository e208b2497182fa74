/** No event is pushed to a phone at any size: what is over the cap is cut, says so, and is kept whole beside it; pure. */
import type { Event } from "../../contract/Event.ts"

interface Capped {
  readonly event: Event
  /** The whole text, when the event carries only part of it. */
  readonly full: string | null
}

/** Characters of tool output an event carries: half from its beginning, half from its end. */
export const outputKept = 16 * 1024
/** Characters of any other text. */
export const textKept = 256 * 1024

export const cap = (event: Event): Capped => {
  switch (event.kind) {
    case "tool_result":
      return event.output.length <= outputKept
        ? { event, full: null }
        : { event: { ...event, output: ends(event.output, outputKept), truncated: true }, full: event.output }
    case "text":
      return event.text.length <= textKept
        ? { event, full: null }
        : { event: { ...event, text: ends(event.text, textKept) }, full: event.text }
    case "result":
      return event.result.length <= textKept
        ? { event, full: null }
        : { event: { ...event, result: ends(event.result, textKept) }, full: event.result }
    case "tool": {
      const input = JSON.stringify(event.input) ?? ""
      return input.length <= textKept
        ? { event, full: null }
        : { event: { ...event, input: { truncated: ends(input, textKept) } }, full: input }
    }
    default:
      return { event, full: null }
  }
}

const ends = (text: string, kept: number): string => {
  const head = whole(text.slice(0, kept / 2))
  const tail = whole(text.slice(text.length - kept / 2))
  return `${head}\n… ${text.length - head.length - tail.length} characters left out …\n${tail}`
}

/** Without the half of a surrogate pair that the cut may have left at either end. */
const whole = (text: string): string => text.replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, "")
