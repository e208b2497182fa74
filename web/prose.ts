/** Prose to spans: fenced blocks, inline code and plain text. Nothing in it becomes markup. */
export type Span =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "block"; readonly language: string; readonly text: string }

/** An open fence at the end is a block still being written. */
export const prose = (source: string): ReadonlyArray<Span> => {
  const spans: Array<Span> = []
  let paragraph: Array<string> = []
  let block: { readonly language: string; readonly lines: Array<string> } | undefined
  const flush = () => {
    const text = paragraph.join("\n").replace(/^\n+|\n+$/g, "")
    if (text !== "") spans.push(...inline(text))
    paragraph = []
  }
  for (const line of source.split("\n")) {
    const fence = /^\s{0,3}```(.*)$/.exec(line)
    if (fence === null) {
      if (block === undefined) paragraph.push(line)
      else block.lines.push(line)
    } else if (block === undefined) {
      flush()
      block = { language: (fence[1] ?? "").trim(), lines: [] }
    } else {
      spans.push({ kind: "block", language: block.language, text: block.lines.join("\n") })
      block = undefined
    }
  }
  if (block !== undefined) spans.push({ kind: "block", language: block.language, text: block.lines.join("\n") })
  flush()
  return spans
}

const inline = (text: string): ReadonlyArray<Span> =>
  text
    .split(/(`[^`\n]+`)/)
    .filter((part) => part !== "")
    .map((part): Span =>
      part.length > 2 && part.startsWith("`") && part.endsWith("`")
        ? { kind: "code", text: part.slice(1, -1) }
        : { kind: "text", text: part }
    )
