/** A message's content in OpenAI's form, as the blocks that the Messages API takes; pure. Nothing is fetched. */
import { invalid, type Refused } from "./refused.ts"

export type Block =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "image"
      readonly source:
        | { readonly type: "base64"; readonly media_type: string; readonly data: string }
        | { readonly type: "url"; readonly url: string }
    }

export type Content = ReadonlyArray<Block>

export const isRefused = (value: object): value is Refused => "status" in value && "retryAfter" in value

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Formats that the Messages API takes. */
const images: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"])

/** `where` names the field in a refusal, such as `messages.3.content`. */
export const content = (value: unknown, where: string): Content | Refused => {
  if (value === null || value === undefined) return []
  if (typeof value === "string") return text(value, where)
  if (!Array.isArray(value)) return invalid(where, "The content is neither a text nor an array of parts.")
  const blocks: Array<Block> = []
  for (const [at, given] of value.entries()) {
    const read = part(given, `${where}.${at}`)
    if (isRefused(read)) return read
    blocks.push(...read)
  }
  return blocks
}

/** No program takes a NUL in a line, and no model needs one. */
const text = (value: string, where: string): Content | Refused => {
  if (value.includes("\0")) return invalid(where, "The text has a NUL character in it. Nothing was sent to the model.")
  return value === "" ? [] : [{ type: "text", text: value }]
}

const part = (value: unknown, where: string): Content | Refused => {
  if (!isRecord(value)) return invalid(where, "A content part must be an object with a type.")
  switch (value["type"]) {
    case "text":
    case "input_text":
      return typeof value["text"] === "string" ? text(value["text"], where) : invalid(where, "A text part has no text.")
    case "refusal":
      return typeof value["refusal"] === "string" ? text(value["refusal"], where) : []
    case "image_url":
      return image(value["image_url"], where)
    default:
      return invalid(`${where}.type`, "Only text, refusal and image_url parts are taken.", "unsupported_content")
  }
}

const image = (value: unknown, where: string): Content | Refused => {
  const url = isRecord(value) ? value["url"] : value
  if (typeof url !== "string") return invalid(where, "An image_url part has no url.")
  if (/^https?:\/\//i.test(url)) return [{ type: "image", source: { type: "url", url } }]
  const data = /^data:([^;,]+);base64,/i.exec(url)
  const type = data?.[1]?.toLowerCase() ?? ""
  if (data === null || !images.has(type)) {
    return invalid(where, `An image must be an https address or base64 data of ${[...images].join(", ")}.`)
  }
  const encoded = url.slice(data[0].length)
  if (!isBase64(encoded)) return invalid(where, "The image's data is not base64.")
  return [{ type: "image", source: { type: "base64", media_type: type, data: encoded } }]
}

/** Linear, and without a copy: an image may be megabytes long. */
const isBase64 = (encoded: string): boolean =>
  encoded.length > 0 && encoded.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(encoded)

/** The text of it alone, for what can be nothing else: a system message, a title. */
export const textOf = (blocks: Content): string =>
  blocks.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n")
