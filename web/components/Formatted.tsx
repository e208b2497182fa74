/** Markdown as vnodes: no markup of the agent's becomes markup of ours. Loaded after the first paint, with its parser. */
import "./Formatted.css"
import { type Block, type Inline, markdown } from "../text/markdown.ts"
import { revealHidden } from "../text/revealHidden.ts"
import { CopyButton } from "./CopyButton.tsx"

export const Formatted = ({ text }: { readonly text: string }) => <div class="prose">{markdown(text).map(block)}</div>

const block = (node: Block, key: number) => {
  switch (node.kind) {
    case "paragraph":
      return <p key={key}>{node.children.map(inline)}</p>
    case "heading":
      // The page's own headings stay its outline.
      return (
        <p key={key} class={`heading depth-${node.depth}`}>
          {node.children.map(inline)}
        </p>
      )
    case "code":
      return (
        <div key={key} class="copied">
          <CopyButton text={node.text} what="code" />
          <pre tabIndex={0}>
            <code>{node.text}</code>
          </pre>
        </div>
      )
    case "list":
      return node.start === undefined ? (
        <ul key={key}>{node.items.map(item)}</ul>
      ) : (
        <ol key={key} start={node.start}>
          {node.items.map(item)}
        </ol>
      )
    case "quote":
      return <blockquote key={key}>{node.children.map(block)}</blockquote>
    case "table":
      return (
        <div key={key} class="table" tabIndex={0} role="group" aria-label="Table">
          <table>
            {node.rows.map((row, at) => (
              <tr key={at}>
                {row.map((cell, column) =>
                  at === 0 ? <th key={column}>{cell.map(inline)}</th> : <td key={column}>{cell.map(inline)}</td>
                )}
              </tr>
            ))}
          </table>
        </div>
      )
    case "rule":
      return <hr key={key} />
  }
}

const item = (blocks: ReadonlyArray<Block>, key: number) => <li key={key}>{blocks.map(block)}</li>

const inline = (node: Inline, key: number) => {
  switch (node.kind) {
    case "text":
      return node.text
    case "code":
      return <code key={key}>{node.text}</code>
    case "strong":
      return <strong key={key}>{node.children.map(inline)}</strong>
    case "em":
      return <em key={key}>{node.children.map(inline)}</em>
    case "del":
      return <del key={key}>{node.children.map(inline)}</del>
    case "break":
      return <br key={key} />
    case "link":
      return <Link key={key} href={node.href} words={node.children} />
  }
}

/** Where it leads is always to be read before it is pressed. */
const Link = ({ href, words }: { readonly href: string; readonly words: ReadonlyArray<Inline> }) => {
  const [only] = words
  const bare = words.length === 1 && only?.kind === "text" && (only.text === href || `${only.text}/` === href)
  return (
    <>
      {!bare && <>{words.map(inline)} </>}
      <a href={href} target="_blank" rel="noopener noreferrer">
        {revealHidden(href)}
      </a>
    </>
  )
}
