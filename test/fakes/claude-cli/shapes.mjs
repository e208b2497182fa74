/** Accounts and whole lines that need no state: every API message costs the same here. */
import { randomUUID } from "node:crypto"

export const costOf = (messages) => messages * 0.00069

const cache = {
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  service_tier: "standard"
}

export const firstUsage = {
  input_tokens: 100,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 50,
  output_tokens: 1,
  ...cache
}

export const usage = (messages) => ({
  input_tokens: 100 * messages,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 50 * messages,
  output_tokens: 25 * messages,
  server_tool_use: { web_search_requests: 0, web_fetch_requests: 0 },
  inference_geo: "",
  iterations: [],
  speed: "standard",
  ...cache
})

export const modelUsage = (messages) => ({
  inputTokens: 100 * messages,
  outputTokens: 25 * messages,
  cacheReadInputTokens: 50 * messages,
  cacheCreationInputTokens: 0,
  webSearchRequests: 0,
  costUSD: costOf(messages),
  contextWindow: 200_000,
  maxOutputTokens: 64_000
})

/** A message of the CLI's own making: an API error, the answer to a slash command. */
export const synthetic = (text) => ({
  id: randomUUID(),
  container: null,
  model: "<synthetic>",
  role: "assistant",
  stop_details: null,
  stop_reason: "stop_sequence",
  stop_sequence: "",
  type: "message",
  usage: { ...usage(0), service_tier: null, inference_geo: null, iterations: null, speed: null },
  content: [{ type: "text", text }],
  context_management: null
})

/** All that a --resume of an unknown session says. */
export const noConversation = (session_id, error) => ({
  type: "result",
  subtype: "error_during_execution",
  duration_ms: 0,
  duration_api_ms: 0,
  is_error: true,
  num_turns: 0,
  stop_reason: null,
  session_id,
  total_cost_usd: 0,
  usage: usage(0),
  modelUsage: {},
  permission_denials: [],
  uuid: randomUUID(),
  errors: [error]
})
