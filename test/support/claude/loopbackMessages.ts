/** The shapes of what the loopback API says: a message, its blocks as they are streamed, an error. */
import { type Block, freshId, type MessagesBody } from "./loopbackScript.ts"

export const opened = (block: Block): Block => {
  if (block.type === "tool_use") return { ...block, input: {} }
  return block.type === "text" ? { ...block, text: "" } : { ...block, thinking: "", signature: "" }
}

export const deltasOf = (block: Block, pieces = 2): ReadonlyArray<object> => {
  if (block.type === "text") return cut(block.text, pieces).map((text) => ({ type: "text_delta", text }))
  if (block.type === "tool_use") {
    return cut(JSON.stringify(block.input), 2).map((partial_json) => ({ type: "input_json_delta", partial_json }))
  }
  const thoughts = cut(block.thinking, 2).map((thinking) => ({ type: "thinking_delta", thinking }))
  return [...thoughts, { type: "signature_delta", signature: block.signature }]
}

const cut = (text: string, pieces: number) => {
  if (pieces > 2) return text.match(/\S+\s*/g) ?? []
  const middle = /[\uDC00-\uDFFF]/.test(text[text.length >> 1] ?? "") ? (text.length >> 1) + 1 : text.length >> 1
  return [text.slice(0, middle), text.slice(middle)]
}

export const messageOf = (
  body: MessagesBody,
  content: ReadonlyArray<Block>,
  stop_reason: string | null,
  output: number,
  input = 100
) => ({
  id: freshId("msg"),
  type: "message",
  role: "assistant",
  model: body.model,
  content,
  stop_reason,
  stop_sequence: null,
  usage: {
    input_tokens: input,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 50,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    service_tier: "standard",
    output_tokens: output
  }
})

const errorTypes: Record<number, string> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  429: "rate_limit_error",
  529: "overloaded_error"
}

export const errorOf = (status: number, message = `loopback: ${status}`) => ({
  type: errorTypes[status] ?? "api_error",
  message
})

export const frame = (type: string, data: object) => JSON.stringify({ type, ...data })
