/**
 * Markdown to a small tree of our own. Raw HTML stays text, a link is http or https and shows its whole address, an image
 * is a link and is never fetched. Loaded after the first paint; whatever the parser chokes on is shown as it was written.
 */
import { Lexer, type MarkedToken, type Token, type Tokens } from "marked"
import { pieces } from "./pieces.ts"

export type Inline =
  | { readonly kind: "text" | "code"; readonly text: string }
  | { readonly kind: "strong" | "em" | "del"; readonly children: ReadonlyArray<Inline> }
  | { readonly kind: "link"; readonly href: string; readonly children: ReadonlyArray<Inline> }
  | { readonly kind: "break" }

export type Block =
  | { readonly kind: "paragraph"; readonly children: ReadonlyArray<Inline> }
  | { readonly kind: "heading"; readonly depth: number; readonly children: ReadonlyArray<Inline> }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "list"; readonly start: number | undefined; readonly items: ReadonlyArray<ReadonlyArray<Block>> }
  | { readonly kind: "quote"; readonly children: ReadonlyArray<Block> }
  | { readonly kind: "table"; readonly rows: ReadonlyArray<ReadonlyArray<ReadonlyArray<Inline>>> }
  | { readonly kind: "rule" }

/** Longer prose is not the model's, and some of it would take the parser seconds. */
const limit = 32_768
/** So many marks of emphasis nest into each other, and each nesting is read again. */
const marks = 1500
const deepest = 12

export const markdown = (source: string): ReadonlyArray<Block> => {
  if (source.length > limit || (source.match(/[*_~]/g)?.length ?? 0) > marks) return plain(source)
  try {
    return pieces(source).flatMap(({ text, plain: asWritten }) =>
      asWritten
        ? plain(text.replace(/\n{1,2}$/, ""))
        : new Lexer({ gfm: true, breaks: true }).lex(text).flatMap((token) => block(token, 0))
    )
  } catch {
    return plain(source)
  }
}

const plain = (text: string): ReadonlyArray<Block> => [{ kind: "paragraph", children: [{ kind: "text", text }] }]

const known = (token: Token) => token as MarkedToken

const block = (given: Token, depth: number): ReadonlyArray<Block> => {
  if (depth > deepest) return plain(given.raw)
  const token = known(given)
  switch (token.type) {
    case "space":
      return []
    case "heading":
      return [{ kind: "heading", depth: token.depth, children: inlines(token.tokens, depth) }]
    case "code":
      return [{ kind: "code", text: token.text }]
    case "hr":
      return [{ kind: "rule" }]
    case "blockquote":
      return [{ kind: "quote", children: token.tokens.flatMap((each) => block(each, depth + 1)) }]
    case "list":
      return [{ kind: "list", start: startOf(token), items: token.items.map((item) => itemOf(item, depth + 1)) }]
    case "table": {
      const rows = [token.header, ...token.rows].map((row) => row.map((cell) => inlines(cell.tokens, depth)))
      return [{ kind: "table", rows }]
    }
    case "paragraph":
      return [{ kind: "paragraph", children: inlines(token.tokens, depth) }]
    case "text":
      return [
        { kind: "paragraph", children: token.tokens === undefined ? text(token.text) : inlines(token.tokens, depth) }
      ]
    default:
      return plain(token.raw.trimEnd())
  }
}

const startOf = (list: Tokens.List) => (list.ordered ? (list.start === "" ? 1 : list.start) : undefined)

const itemOf = (item: Tokens.ListItem, depth: number): ReadonlyArray<Block> => {
  const blocks = item.tokens.filter(({ type }) => type !== "checkbox").flatMap((each) => block(each, depth))
  if (!item.task) return blocks
  const box: Block = { kind: "paragraph", children: text(item.checked === true ? "☑" : "☐") }
  return [box, ...blocks]
}

const inlines = (tokens: ReadonlyArray<Token>, depth: number): ReadonlyArray<Inline> =>
  tokens.flatMap((token) => inline(token, depth + 1))

const inline = (given: Token, depth: number): ReadonlyArray<Inline> => {
  if (depth > deepest) return text(given.raw)
  const token = known(given)
  switch (token.type) {
    case "strong":
    case "em":
    case "del":
      return [{ kind: token.type, children: inlines(token.tokens, depth) }]
    case "codespan":
      return [{ kind: "code", text: token.text }]
    case "br":
      return [{ kind: "break" }]
    case "link":
      return link(token.raw, token.href, inlines(token.tokens, depth))
    case "image":
      return link(token.raw, token.href, text(`image: ${token.text}`))
    case "escape":
      return text(token.text)
    case "text":
      return token.tokens === undefined ? text(token.text) : inlines(token.tokens, depth)
    default:
      return text(token.raw)
  }
}

const text = (text: string): ReadonlyArray<Inline> => [{ kind: "text", text }]

/** What is not plainly an address of the web is shown as it was written. A host in other letters is shown as `xn--`. */
const link = (raw: string, given: string, children: ReadonlyArray<Inline>): ReadonlyArray<Inline> => {
  if (!/^https?:\/\//i.test(given) || !URL.canParse(given)) return text(raw)
  return [{ kind: "link", href: new URL(given).href, children }]
}
