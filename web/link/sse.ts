/**
 * The event-stream format (WHATWG HTML 9.2.6), as a pure step over text chunks. EventSource hides keepalives and statuses;
 * we need both to tell a dead connection from a quiet one.
 */
export interface Frame {
  readonly event: string
  readonly data: string
  readonly id: string
}

export interface Feed {
  readonly line: string
  /** A chunk ended in CR: an LF that opens the next one belongs to the same line end. */
  readonly afterCr: boolean
  readonly started: boolean
  readonly event: string
  readonly data: ReadonlyArray<string>
  readonly id: string
}

export const emptyFeed: Feed = { line: "", afterCr: false, started: false, event: "", data: [], id: "" }

/** Takes the next chunk; an unfinished line or frame waits in the returned feed, and a stream that ends there drops it. */
export const feed = (before: Feed, chunk: string): readonly [Feed, ReadonlyArray<Frame>] => {
  if (chunk === "") return [before, []]
  let text = chunk
  if (!before.started && text.startsWith("\uFEFF")) text = text.slice(1)
  if (before.afterCr && text.startsWith("\n")) text = text.slice(1)
  // The unfinished line is not scanned again with each chunk.
  const [rest = "", ...more] = text.split(/\r\n|\r|\n/)
  const lines = [before.line + rest, ...more]
  const line = lines.pop() ?? ""
  const frames: Array<Frame> = []
  let { event, id } = before
  let data = [...before.data]
  for (const each of lines) {
    if (each === "") {
      if (data.length > 0) frames.push({ event: event === "" ? "message" : event, data: data.join("\n"), id })
      event = ""
      data = []
      continue
    }
    const [field, value] = split(each)
    if (field === "data") data.push(value)
    else if (field === "event") event = value
    else if (field === "id" && !value.includes("\0")) id = value
  }
  return [{ line, afterCr: chunk.endsWith("\r"), started: true, event, data, id }, frames]
}

const split = (line: string): readonly [string, string] => {
  const colon = line.indexOf(":")
  if (colon < 0) return [line, ""]
  const value = line.slice(colon + 1)
  return [line.slice(0, colon), value.startsWith(" ") ? value.slice(1) : value]
}
