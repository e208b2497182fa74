/**
 * What was said, without what differs from run to run: every key and the type of its value, the value itself where its
 * reader decides by it; ids, texts, sizes and the number of deltas left out. Two CLIs that speak alike are equal here.
 */
import type { Line } from "./ClaudeProcess.ts"

export const speech = (lines: ReadonlyArray<Line>): ReadonlyArray<unknown> => {
  const said = lines.map((line) => shape(line))
  return said.filter((line, i) => JSON.stringify(line) !== JSON.stringify(said[i - 1]))
}

/** By these a reader decides. */
const decisive = new Set([
  ...["type", "subtype", "role", "is_error", "terminal_reason", "stop_reason", "api_error_status", "errors", "error"],
  ...["error_status", "tool_use_result", "tools", "status", "num_turns", "permissionMode", "index", "name"]
])

const shape = (value: unknown, key = ""): unknown => {
  if (value === null || value === undefined) return null
  if (decisive.has(key) && (typeof value !== "object" || Array.isArray(value))) return plain(value)
  // Keyed by model name.
  if (key === "modelUsage") return Object.values(value).map((each) => shape(each))
  if (Array.isArray(value)) {
    const shapes = value.map((each) => JSON.stringify(shape(each)))
    return [...new Set(shapes)].map((text) => JSON.parse(text))
  }
  if (typeof value !== "object") return typeof value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, shape(each, key)]))
}

const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, "<uuid>"))
