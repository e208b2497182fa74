/** An event is sent to a phone, so its texts have a limit. What is cut says so, and the whole is stored beside it; pure. */
import type { Event } from "../../contract/Event.ts"

interface Truncated {
  readonly event: Event
  /** The whole text, when the event carries only part of it. */
  readonly full: string | null
}

/** How many characters of tool output an event carries: half from its beginning, half from its end. */
export const maxOutput = 16 * 1024
/** How many characters of any other text. */
export const maxText = 256 * 1024

export const truncate = (event: Event): Truncated => {
  switch (event.kind) {
    case "tool_result":
      return event.output.length <= maxOutput
        ? { event, full: null }
        : { event: { ...event, output: bothEnds(event.output, maxOutput), truncated: true }, full: event.output }
    case "text":
      return event.text.length <= maxText
        ? { event, full: null }
        : { event: { ...event, text: bothEnds(event.text, maxText) }, full: event.text }
    case "result":
      return event.result.length <= maxText
        ? { event, full: null }
        : { event: { ...event, result: bothEnds(event.result, maxText) }, full: event.result }
    case "tool": {
      const input = JSON.stringify(event.input) ?? ""
      return input.length <= maxText
        ? { event, full: null }
        : { event: { ...event, input: { truncated: bothEnds(input, maxText) } }, full: input }
    }
    default:
      return { event, full: null }
  }
}

const bothEnds = (text: string, length: number): string => {
  const head = whole(text.slice(0, length / 2))
  const tail = whole(text.slice(text.length - length / 2))
  return `${head}\n… ${text.length - head.length - tail.length} characters left out …\n${tail}`
}

/** Without the half of a surrogate pair that the cut may have left at either end. */
const whole = (text: string): string => text.replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, "")
