/** What `POST /v1/chat/completions` answers, whole and in chunks: one behaviour in two framings; pure. */
import { envelope, type Refused } from "./refused.ts"

export type FinishReason = "stop" | "length" | "content_filter"

/** As the CLI's `result` counts them: the three kinds of input are apart. */
export interface Counted {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_creation_input_tokens: number
  readonly cache_read_input_tokens: number
}

/** What one completion is known by, in every frame of it. `created` is in seconds. */
export interface Named {
  readonly id: string
  readonly created: number
  readonly model: string
}

export const usage = (counted: Counted) => {
  const prompt_tokens = counted.input_tokens + counted.cache_creation_input_tokens + counted.cache_read_input_tokens
  return {
    ...{ prompt_tokens, completion_tokens: counted.output_tokens },
    total_tokens: prompt_tokens + counted.output_tokens,
    prompt_tokens_details: { cached_tokens: counted.cache_read_input_tokens }
  }
}

export interface Answer {
  readonly text: string
  readonly finish: FinishReason
  readonly usage: Counted
}

export const whole = ({ id, created, model }: Named, answer: Answer) => ({
  ...{ id, object: "chat.completion", created, model },
  choices: [
    {
      index: 0,
      message:
        answer.finish === "content_filter"
          ? { role: "assistant", content: null, refusal: answer.text }
          : { role: "assistant", content: answer.text, refusal: null },
      logprobs: null,
      finish_reason: answer.finish
    }
  ],
  usage: usage(answer.usage)
})

/** The frames of one streamed completion. `includeUsage` puts `usage` into every frame, null in all but the last. */
export const frames = ({ id, created, model }: Named, includeUsage: boolean) => {
  const base = { id, object: "chat.completion.chunk", created, model }
  const choice = (delta: object, finish_reason: FinishReason | null) =>
    frame({
      ...base,
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      ...(includeUsage ? { usage: null } : {})
    })
  return {
    first: choice({ role: "assistant", content: "" }, null),
    text: (content: string) => choice({ content }, null),
    last: ({ finish, usage: counted }: Omit<Answer, "text">): string =>
      choice({}, finish) +
      (includeUsage ? frame({ ...base, choices: [], usage: usage(counted) }) : "") +
      "data: [DONE]\n\n"
  }
}

/** After it the connection is broken off: some clients take a clean end for success (openai, seen). */
export const failure = (refused: Refused): string => frame(envelope(refused))

/** Keeps a proxy or a client from taking silence for a dead line; every client passes it over (seen). */
export const keepalive = ": keepalive\n\n"

const frame = (value: object): string => `data: ${JSON.stringify(value)}\n\n`
