/** One session as this page sees it: its transcript, its connection, and what the operator asked of it. */
import { batch, computed, createModel, effect, signal } from "@preact/signals"
import type { Delta, Entry, Progress } from "../src/contract/Event.ts"
import type { Answer, Prompt } from "./api.ts"
import { attach, type Opened } from "./attach.ts"
import { parsed } from "./parsed.ts"
import type { Frame } from "./sse.ts"
import { delta, empty, fold, progress, reattached, running, type Transcript } from "./transcript.ts"

export interface SessionTransport {
  readonly open: (after: number | undefined, signal: AbortSignal) => Promise<Opened>
  readonly keepaliveMs: () => number
  readonly prompt: (prompt: Prompt) => Promise<Answer<unknown>>
  readonly cancel: () => Promise<Answer<unknown>>
}

export const SessionModel = createModel((transport: SessionTransport) => {
  const transcript = signal<Transcript>(empty)
  const sending = signal(false)
  const stopping = signal(false)
  const problem = signal("")
  const sent = signal(0)
  // The same text sent again after a lost answer is the same prompt: the server starts no second turn.
  let unanswered: Prompt | undefined

  const frames = (arrived: ReadonlyArray<Frame>) => {
    transcript.value = arrived.reduce(take, transcript.value)
    // The log has it after all: what is typed next is a new prompt, even when the words are the same.
    if (unanswered !== undefined && newestPrompt(transcript.value) === unanswered.prompt) unanswered = undefined
  }

  const attachment = attach(transport, {
    after: () => (transcript.value.last < 0 ? undefined : transcript.value.last),
    opened: () => {
      transcript.value = reattached(transcript.value)
    },
    frames
  })
  effect(() => attachment.close)

  const send = async (text: string, model: string): Promise<boolean> => {
    if (sending.value) return false
    sending.value = true
    problem.value = ""
    const retry = unanswered?.prompt === text && unanswered.model === model ? unanswered : undefined
    const prompt = retry ?? { prompt: text, model, prompt_id: crypto.randomUUID() }
    const answer = await transport.prompt(prompt)
    batch(() => {
      sending.value = false
      if (answer.ok) sent.value++
      unanswered = answer.ok || answer.status !== 0 ? undefined : prompt
      if (!answer.ok)
        problem.value = answer.status === 0 ? `${answer.detail} Send again: it will not run twice.` : answer.detail
    })
    if (!answer.ok) attachment.check()
    return answer.ok
  }

  const stop = async (): Promise<void> => {
    if (stopping.value) return
    stopping.value = true
    problem.value = ""
    const answer = await transport.cancel()
    batch(() => {
      stopping.value = false
      if (!answer.ok) problem.value = `Stop: ${answer.detail} The agent may still be working.`
    })
    attachment.check()
  }

  return {
    transcript,
    running: computed(() => running(transcript.value)),
    link: attachment.link,
    lastSeen: attachment.lastSeen,
    sending,
    stopping,
    problem,
    /** How many prompts this page has sent: the reader who sends wants to see the answer. */
    sent,
    send,
    stop,
    check: attachment.check
  }
})

export type Session = InstanceType<typeof SessionModel>

const newestPrompt = (transcript: Transcript): string | undefined => {
  const item = transcript.blocks
    .slice(-2)
    .flat()
    .findLast((each) => each.kind === "user")
  return item?.kind === "user" && item.id >= (transcript.turn?.id ?? Infinity) ? item.text : undefined
}

const take = (transcript: Transcript, frame: Frame): Transcript => {
  switch (frame.event) {
    case "reset":
      return empty
    case "delta":
      return parsed<Delta, Transcript>(frame.data, (value) => delta(transcript, value)) ?? transcript
    case "progress":
      return parsed<Progress, Transcript>(frame.data, (value) => progress(transcript, value)) ?? transcript
    case "message":
      return parsed<Entry, Transcript>(frame.data, (value) => fold(transcript, value)) ?? transcript
    default:
      return transcript
  }
}
