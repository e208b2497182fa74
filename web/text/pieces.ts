/**
 * Prose in pieces that a Markdown parser can take at no great cost. What it does may grow with the square of its text, and
 * the text may be chosen by the VM: over pieces of bounded length, each of a kind it is quick with, the whole is linear.
 */
export interface Piece {
  readonly text: string
  /** Shown as it was written: longer, or of longer runs, or deeper than what people and models write. */
  readonly plain: boolean
}

/** From this length on a piece ends at the next line that begins something of its own. */
const long = 1500
const longest = 6000
/** Of letters without a blank, or of blanks. */
const run = 500

const fence = /^ {0,3}(```+|~~~+)/
const deep = /^(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))){13}/

export const pieces = (source: string): ReadonlyArray<Piece> => {
  const found: Array<Piece> = []
  let lines: Array<string> = []
  let size = 0
  let open = ""
  let blank = false
  let code = false
  const end = () => {
    if (lines.length > 0) found.push(judged(lines, size, code))
    lines = []
    size = 0
    code = false
  }
  for (const line of source.split(/(?<=\n)/)) {
    const [, mark = ""] = fence.exec(line.slice(0, 80)) ?? []
    const inCode = open !== ""
    // What is indented goes on with a list, and a row with its table.
    if (!inCode && !/^[\s|]/.test(line) && (blank || size > long)) end()
    if (!inCode && mark !== "") {
      // The parser takes a block of code as it is; what goes before it is another piece.
      if (!/^\s/.test(line)) end()
      code = lines.length === 0
      open = mark
    } else if (inCode && mark.startsWith(open)) open = ""
    lines.push(line)
    size += line.length
    blank = line.trim() === ""
    if (code && open === "") end()
  }
  end()
  return found
}

const judged = (lines: ReadonlyArray<string>, size: number, code: boolean): Piece => {
  const text = lines.join("")
  if (code) return { text, plain: false }
  const runs = text.match(/\S+|[ \t]+/g) ?? []
  const plain = size > longest || lines.some((line) => deep.test(line)) || runs.some((each) => each.length > run)
  return { text, plain }
}
