/**
 * The body of `POST /v1/chat/completions`, as far as it means something here; pure. What would change the meaning of the
 * answer and cannot be done is refused; what is merely a wish (temperature, seed, penalties) is passed over, and so is every
 * field that next year's client sends.
 */
import { isRefused } from "./content.ts"
import { type Conversation, conversation } from "./conversation.ts"
import { invalid, type Refused, unknownModel, unsupported } from "./refused.ts"

export type Format =
  | { readonly type: "text" }
  | { readonly type: "json_object" }
  | { readonly type: "json_schema"; readonly schema: object }

export interface Completion extends Conversation {
  readonly model: string
  readonly stream: boolean
  /** A last frame with the usage, when streamed. */
  readonly includeUsage: boolean
  readonly maxTokens: number | null
  readonly stop: ReadonlyArray<string>
  readonly format: Format
  /** Tools were offered, and the answer is a text all the same: said in a response header. */
  readonly toolsIgnored: boolean
}

type Body = Readonly<Record<string, unknown>>

export const completion = (body: unknown, models: ReadonlyArray<string>): Completion | Refused => {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return invalid(null, "The body must be a JSON object.")
  }
  const given = body as Body
  const refused = model(given, models) ?? meaning(given) ?? tools(given)
  if (refused !== null) return refused
  const said = conversation(given["messages"])
  if (isRefused(said)) return said
  const maxTokens = limit(given)
  if (maxTokens !== null && typeof maxTokens === "object") return maxTokens
  const stop = stops(given["stop"])
  if (isRefused(stop)) return stop
  const format = responseFormat(given["response_format"])
  if (isRefused(format)) return format
  return {
    ...said,
    ...{ model: String(given["model"]), maxTokens, stop, format },
    stream: given["stream"] === true,
    includeUsage: (given["stream_options"] as Body | null | undefined)?.["include_usage"] === true,
    toolsIgnored: Array.isArray(given["tools"]) && given["tools"].length > 0
  }
}

const model = ({ model }: Body, models: ReadonlyArray<string>): Refused | null => {
  if (typeof model !== "string" || model === "") return invalid("model", "model is missing.", "missing_parameter")
  return models.includes(model) ? null : unknownModel(model, models)
}

/** What the caller would read wrongly if it were passed over. */
const meaning = (body: Body): Refused | null => {
  if (typeof body["n"] === "number" && body["n"] !== 1) return unsupported("n", "Only one choice is made.")
  if (body["logprobs"] === true) return unsupported("logprobs", "The CLI gives no log probabilities.")
  if (body["audio"] !== undefined && body["audio"] !== null) return unsupported("audio", "Only text is answered.")
  const modalities = body["modalities"]
  if (Array.isArray(modalities) && modalities.some((kind) => kind !== "text")) {
    return unsupported("modalities", "Only text is answered.")
  }
  return null
}

/** Clients that always send tools (Pipecat) are answered in text; one that insists would wait for a call for ever. */
const tools = (body: Body): Refused | null => {
  const choice = body["tool_choice"]
  const insists = choice === "required" || (typeof choice === "object" && choice !== null)
  return insists ? unsupported("tool_choice", "Tools are not called here: an answer is always a text.") : null
}

const limit = (body: Body): number | null | Refused => {
  const name = body["max_completion_tokens"] === undefined ? "max_tokens" : "max_completion_tokens"
  const given = body[name]
  if (given === undefined || given === null) return null
  return Number.isSafeInteger(given) && (given as number) >= 1
    ? (given as number)
    : invalid(name, `${name} must be a whole number of at least 1.`)
}

const stops = (given: unknown): ReadonlyArray<string> | Refused => {
  if (given === undefined || given === null) return []
  const list: ReadonlyArray<unknown> = Array.isArray(given) ? given : [given]
  const texts = list.filter((item): item is string => typeof item === "string" && item !== "")
  if (texts.length !== list.length || list.length > 4) {
    return invalid("stop", "stop must be a text or up to four texts, none of them empty.")
  }
  return texts
}

const responseFormat = (given: unknown): Format | Refused => {
  if (given === undefined || given === null) return { type: "text" }
  const { type, json_schema } = given as { readonly type?: unknown; readonly json_schema?: Body | null }
  if (type === "text" || type === "json_object") return { type }
  if (type !== "json_schema") return invalid("response_format.type", "text, json_object and json_schema are known.")
  const schema = json_schema?.["schema"]
  return typeof schema === "object" && schema !== null && !Array.isArray(schema)
    ? { type, schema }
    : invalid("response_format.json_schema.schema", "A JSON schema is expected here.")
}
