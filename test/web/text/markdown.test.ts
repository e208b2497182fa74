import { assert, describe, it } from "@effect/vitest"
import { type Block, type Inline, markdown } from "../../../web/text/markdown.ts"

const words = (nodes: ReadonlyArray<Inline>): string =>
  nodes
    .map((node) => {
      if (node.kind === "break") return "\n"
      if (node.kind === "link") return `[${words(node.children)}→${node.href}]`
      return "text" in node ? node.text : `<${node.kind} ${words(node.children)}>`
    })
    .join("")

const shape = (block: Block): string => {
  switch (block.kind) {
    case "paragraph":
    case "heading":
      return `${block.kind}: ${words(block.children)}`
    case "code":
      return `code: ${block.text}`
    case "list":
      return `list: ${block.items.map((item) => item.map(shape).join(" ")).join(" | ")}`
    case "quote":
      return `quote: ${block.children.map(shape).join(" ")}`
    case "table":
      return `table: ${block.rows.map((row) => row.map(words).join(",")).join(" | ")}`
    case "rule":
      return "rule"
  }
}

const table: ReadonlyArray<readonly [fact: string, source: string, shapes: ReadonlyArray<string>]> = [
  ["reads emphasis and code", "**a** *b* ~~c~~ `d`", ["paragraph: <strong a> <em b> <del c> d"]],
  ["keeps single line ends", "a\nb", ["paragraph: a\nb"]],
  ["reads headings, rules and quotes", "# a\n\n---\n\n> b", ["heading: a", "rule", "quote: paragraph: b"]],
  ["reads lists in lists", "- a\n  - b\n- c", ["list: paragraph: a list: paragraph: b | paragraph: c"]],
  ["reads tables", "|a|b|\n|-|-|\n|c|d|", ["table: a,b | c,d"]],
  ["takes an open fence as a block being written", "```sh\ndf -h", ["code: df -h"]],
  ["links to http and https", "[a](https://x.y/z)", ["paragraph: [a→https://x.y/z]"]],
  ["links bare addresses", "see http://x.y/z.", ["paragraph: see [http://x.y/z→http://x.y/z]."]],
  ["WEB-01: shows raw HTML as text", "<img src=x onerror=alert(1)>", ["paragraph: <img src=x onerror=alert(1)>"]],
  ["WEB-01: shows inline HTML as text", "a <b onclick=x>b</b>", ["paragraph: a <b onclick=x>b</b>"]],
  ["WEB-01: does not link javascript:", "[x](javascript:alert(1))", ["paragraph: [x](javascript:alert(1))"]],
  ["WEB-01: does not link it in mixed case", "[x](JaVaScRiPt:alert(1))", ["paragraph: [x](JaVaScRiPt:alert(1))"]],
  ["WEB-01: does not link it in entities", "[x](java&#115;cript:a)", ["paragraph: [x](java&#115;cript:a)"]],
  [
    "WEB-01: does not link data: or vbscript:",
    "[x](data:text/html,a) [y](vbscript:a)",
    ["paragraph: [x](data:text/html,a) [y](vbscript:a)"]
  ],
  ["WEB-01: does not link what begins with two slashes", "[x](//evil.example)", ["paragraph: [x](//evil.example)"]],
  [
    "WEB-02: shows a host in other letters as it is",
    "[bank](https://аpple.com)",
    ["paragraph: [bank→https://xn--pple-43d.com/]"]
  ],
  [
    "WEB-03: an image is a link and no image",
    "![cat](https://x.y/c.png)",
    ["paragraph: [image: cat→https://x.y/c.png]"]
  ],
  ["shows reference definitions, which would be hidden", "[a]: https://x.y", ["paragraph: [a]: https://x.y"]]
]

describe("markdown", () => {
  for (const [fact, source, shapes] of table) {
    it(fact, () => assert.deepStrictEqual(markdown(source).map(shape), [...shapes]))
  }

  it("WEB-01: answers soon to what would take a parser for ever, and loses none of it", () => {
    const hostile = [
      "x".repeat(1_000_000),
      `${"- ".repeat(10_000)}x`,
      ">".repeat(10_000),
      "a_b_".repeat(20_000),
      "**a ".repeat(4000) + "b** ".repeat(4000),
      "**a ".repeat(370) + "b** ".repeat(370),
      Array.from({ length: 170 }, (_, depth) => `${" ".repeat(depth * 2)}- x`).join("\n")
    ]
    for (const source of hostile) {
      const began = performance.now()
      const shown = markdown(source).map(shape).join("")
      assert.isBelow(performance.now() - began, 1500, source.slice(0, 20))
      assert.isAtLeast(shown.replace(/[^xab_*>-]/g, "").length, 1)
    }
  })

  it("is one parse, whatever is still missing at its end", () => {
    const source = "# a\n\n- **b** `c`\n- [d](https://e.f)\n\n```\ng\n```\n"
    for (let end = 0; end <= source.length; end++) assert.isArray(markdown(source.slice(0, end)))
  })
})
