import type { Transcript } from "../transcript.ts"

/** The prompt of the turn that an event belongs to. */
export const promptBefore = (transcript: Transcript, event: number): string | undefined => {
  const prompt = transcript.blocks.flat().findLast((item) => item.kind === "user" && item.id < event)
  return prompt?.kind === "user" ? prompt.text : undefined
}
