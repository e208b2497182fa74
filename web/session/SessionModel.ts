/** One session as this page sees it: its transcript, its connection, what waits to be sent, and Stop. */
import { computed, createModel, effect, signal, type ReadonlySignal, type Signal } from "@preact/signals"
import type { Delta, Entry, Progress } from "../../src/contract/Event.ts"
import type { Answer, Prompt } from "../link/api.ts"
import { attach, type Reader, type Source } from "../link/attach.ts"
import { batched, type Batched } from "../link/batched.ts"
import { copyOffline } from "./offlineCopy.ts"
import { current } from "../link/link.ts"
import type { SendGate } from "../composer/outbox.ts"
import { OutboxModel } from "../composer/OutboxModel.ts"
import { parsed } from "../link/parsed.ts"
import type { Frame } from "../link/sse.ts"
import { delta, empty, fold, progress, reattached, running, type Transcript } from "../transcript/transcript.ts"

export interface SessionTransport extends Source {
  readonly id: string
  readonly signedOut: ReadonlySignal<boolean>
  readonly prompt: (prompt: Prompt) => Promise<Answer<unknown>>
  readonly cancel: () => Promise<Answer<unknown>>
  readonly full: (event: number) => Promise<Answer<string>>
}

export const SessionModel = createModel((transport: SessionTransport) => {
  const transcript = signal<Transcript>(empty)
  const sent = signal(0)
  const offline = copyOffline(transport.id)

  const frames = batched<Frame>((arrived) => {
    transcript.value = arrived.reduce(take, transcript.value)
    for (const frame of arrived) {
      offline.add(frame)
      if (outbox.outbox.peek().length === 0) continue
      parsed<Entry, void>(frame.data, (entry) => {
        if (frame.event === "message" && entry.kind === "user") outbox.arrived(entry.text, entry.id)
      })
    }
  })
  const attachment = attach(transport, readerOf(frames, transcript))
  const gate = computed<SendGate>(() => ({
    last: transcript.value.last,
    running: running(transcript.value),
    ended: transcript.value.ended,
    current: current(attachment.link.value),
    signedOut: transport.signedOut.value
  }))
  const prompt = async (asked: Prompt) => {
    const answer = await transport.prompt(asked)
    // It leaves the outbox for the log: what the log had of it by then is shown first.
    frames.flush()
    return answer
  }
  const outbox = new OutboxModel({ key: `outbox:${transport.id}`, gate, prompt })
  effect(() => () => {
    attachment.close()
    frames.flush()
    offline.close()
    outbox[Symbol.dispose]()
  })

  return {
    transcript,
    running: computed(() => running(transcript.value)),
    link: attachment.link,
    lastSeen: attachment.lastSeen,
    /** The transcript saved on this device, for when the server cannot be reached. */
    offlineCopy: offline.offlineCopy,
    outbox,
    gate,
    ...stopOf(transport.cancel, transcript, attachment.check),
    /** How many prompts this page has sent: the reader who sends wants to see the answer. */
    sent,
    send: (text: string, model: string) => {
      outbox.queue(text, model)
      sent.value++
    },
    full: transport.full,
    check: attachment.check
  }
})

export type Session = InstanceType<typeof SessionModel>

const readerOf = (frames: Batched<Frame>, transcript: Signal<Transcript>): Reader => ({
  after: () => {
    frames.flush()
    return transcript.peek().last < 0 ? undefined : transcript.peek().last
  },
  opened: () => {
    frames.flush()
    transcript.value = reattached(transcript.value)
  },
  frames: (arrived) => {
    frames.add(arrived)
    // "Live" must not be said before what came with it is shown.
    if (arrived.some((frame) => frame.event === "caught-up")) frames.flush()
  }
})

const stopOf = (cancel: SessionTransport["cancel"], transcript: ReadonlySignal<Transcript>, check: () => void) => {
  const stopping = signal(false)
  /** The turn that Stop did not end, and why. */
  const refused = signal<{ readonly turn?: number | undefined; readonly why: string }>({ why: "" })
  return {
    stopping,
    /** Why Stop did not end the turn, or "". */
    problem: computed(() => (transcript.value.turn?.id === refused.value.turn ? refused.value.why : "")),
    stop: async (): Promise<void> => {
      if (stopping.value) return
      stopping.value = true
      refused.value = { why: "" }
      const turn = transcript.peek().turn?.id
      const answer = await cancel()
      stopping.value = false
      // With a 503 the server itself says what became of Stop.
      const working = !answer.ok && answer.status === 503 ? "" : " The agent may still be working."
      if (!answer.ok) refused.value = { turn, why: `Stop: ${answer.detail}${working}` }
      check()
    }
  }
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
