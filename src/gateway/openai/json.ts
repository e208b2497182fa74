/** An answer that was asked for as JSON, checked here: neither the model nor the CLI is taken at its word; pure. */
import { Validator } from "@cfworker/json-schema"
import type { Format } from "./request.ts"

/** The JSON as a text, or why it is none. */
export type Checked = { readonly json: string } | { readonly wrong: string }

/** Added to the system text for `json_object`: the CLI has a schema's flag, and none for this. */
export const instruction = "Answer with one JSON object and nothing else: no prose, and no code fence around it."

export const checked = (text: string, format: Format): Checked => {
  const json = unfenced(text)
  const value = parsed(json)
  if (value === undefined) return { wrong: "The model's answer is not JSON." }
  if (format.type !== "json_schema") {
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? { json }
      : { wrong: "The model's answer is JSON, but not an object." }
  }
  // It interprets the schema. Ajv would compile it, and a caller's schema becomes no code here.
  const { valid, errors } = new Validator(format.schema, "2020-12", true).validate(value)
  if (valid) return { json }
  const at = errors.at(-1)
  return {
    wrong: `The model's answer does not keep to the schema at ${at?.instanceLocation ?? "#"}: ${at?.error ?? "?"}`
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Models put JSON in a fence however often they are told not to, and the clients' parsers choke on it. */
const unfenced = (text: string): string => {
  const trimmed = text.trim()
  if (!trimmed.startsWith("```") || !trimmed.endsWith("```")) return trimmed
  const begin = trimmed.indexOf("\n")
  return begin === -1 ? trimmed : trimmed.slice(begin + 1, -3).trim()
}
