/**
 * Bytes to lines, split on 0x0A alone. Node's readline also splits on U+2028, which is legal unescaped inside JSON, and
 * neither it nor `Stream.splitLines` has a limit. Pure apart from the state the splitter itself holds.
 */

/** 16 MiB: the longest line kept whole. The CLI has been seen to print lines of 5 MB. */
export const maxLineBytes = 16 * 1024 * 1024

/** `Cut`: a line over the cap (`overlong`), or the unfinished last line of a program that died (`unfinished`). */
export type Line =
  | { readonly _tag: "Line"; readonly text: string }
  | { readonly _tag: "Cut"; readonly why: "overlong" | "unfinished"; readonly bytes: number }

interface Splitter {
  /** The lines these bytes complete. */
  push(chunk: Uint8Array): ReadonlyArray<Line>
  /** What was left without a newline when the program ended. */
  end(): ReadonlyArray<Line>
}

export const make = (cap: number = maxLineBytes): Splitter => {
  const decoder = new TextDecoder()
  let held: Array<Uint8Array> = []
  let bytes = 0

  const hold = (part: Uint8Array) => {
    bytes += part.length
    if (bytes > cap) held = []
    else if (part.length > 0) held.push(part)
  }
  const release = (): Line => {
    const line: Line =
      bytes > cap
        ? { _tag: "Cut", why: "overlong", bytes }
        : { _tag: "Line", text: decoder.decode(held.length === 1 ? held[0] : Buffer.concat(held)) }
    held = []
    bytes = 0
    return line
  }

  return {
    push(chunk) {
      const lines: Array<Line> = []
      let from = 0
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
        hold(chunk.subarray(from, at))
        lines.push(release())
        from = at + 1
      }
      // A copy: the pool behind `chunk` may be reused before the rest of this line arrives.
      hold(new Uint8Array(chunk.subarray(from)))
      return lines
    },
    end() {
      if (bytes === 0) return []
      const cut: Line = { _tag: "Cut", why: bytes > cap ? "overlong" : "unfinished", bytes }
      held = []
      bytes = 0
      return [cut]
    }
  }
}
