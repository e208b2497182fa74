/** The way to the VM that needs no model: its state, the operations on it, and one press of a button at a time. */
import { computed, createModel, effect, signal } from "@preact/signals"
import type { Operation, Status, Verb } from "../../src/contract/Power.ts"
import type { Answer, OpRequest } from "../link/api.ts"
import { attach, type Source } from "../link/attach.ts"
import { parsed } from "../link/parsed.ts"
import { current, emptyPower, foldPower, learn, type Power, type PowerEntry } from "./power.ts"
import type { Frame } from "../link/sse.ts"
import { uuid } from "../link/uuid.ts"

export interface PowerTransport extends Source {
  readonly operations: () => Promise<Answer<{ readonly operations: ReadonlyArray<Operation> }>>
  readonly operation: (id: string) => Promise<Answer<Operation>>
  readonly operate: (op: OpRequest) => Promise<Answer<Operation>>
}

export const PowerModel = createModel((transport: PowerTransport) => {
  const power = signal<Power>(emptyPower)
  // What the stream has given. It is shown once the stream has caught up: half a log is an old state of the VM.
  let told = emptyPower
  let whole = false

  const { check, close, lastSeen, link } = attach(transport, {
    whileSeen: true,
    after: () => (told.last < 0 ? undefined : told.last),
    opened: () => {
      whole = false
    },
    frames: (arrived) => {
      told = arrived.reduce(take, told)
      whole ||= arrived.some((frame) => frame.event === "caught-up")
      if (whole) power.value = told
    }
  })
  effect(() => close)

  const know = (operations: ReadonlyArray<Operation>) => {
    told = operations.reduceRight(learn, told)
    power.value = operations.reduceRight(learn, power.value)
  }
  const knows = (id: string) => power.value.operations.some((run) => run.op_id === id)
  const ask = async (id: string): Promise<void> => {
    const answer = await transport.operation(id)
    if (answer.ok) know([answer.value])
  }
  const refresh = async (): Promise<void> => {
    const answer = await transport.operations()
    if (answer.ok) know(answer.value.operations)
  }

  // A running operation is polled too: neither a proxy that holds the stream nor a disk that holds the log may hide its end.
  const open = computed(() => current(power.value)?.op_id)
  effect(() => {
    const id = open.value
    if (id === undefined) return
    let free = true
    const timer = setInterval(() => {
      if (free) void ask(id).finally(() => (free = true))
      free = false
    }, 3000)
    return () => clearInterval(timer)
  })

  return {
    power,
    current: computed(() => current(power.value)),
    link,
    lastSeen,
    ...pressesOf({ operate: transport.operate, knows, know, ask, refresh, check }),
    refresh,
    check
  }
})

export type PowerState = InstanceType<typeof PowerModel>

interface Press {
  readonly operate: PowerTransport["operate"]
  readonly knows: (id: string) => boolean
  readonly know: (operations: ReadonlyArray<Operation>) => void
  readonly ask: (id: string) => Promise<void>
  readonly refresh: () => Promise<void>
  readonly check: () => void
}

/** One press of a button at a time, and what became of the last one. */
const pressesOf = ({ operate, knows, know, ask, refresh, check }: Press) => {
  const asking = signal<Verb | undefined>(undefined)
  const failed = signal(none)
  // The same press repeated after a lost answer is the same operation: the host is never asked twice.
  const unanswered = new Map<Verb, OpRequest | undefined>()
  return {
    /** The verb that was pressed, while it is not answered. */
    asking,
    /** Why the last press did nothing, or ""; until its operation is shown. */
    problem: computed(() => (knows(failed.value.op_id) ? "" : failed.value.text)),
    operate: async (verb: Verb): Promise<void> => {
      if (asking.value !== undefined) return
      asking.value = verb
      failed.value = none
      let op = unanswered.get(verb)
      if (op === undefined || knows(op.op_id)) op = { verb, op_id: uuid() }
      const { op_id } = op
      const answer = await operate(op)
      // A 5xx comes from a proxy that may have passed the request on, or from a server that failed at an unknown point.
      const lost = !answer.ok && (answer.status === 0 || answer.status >= 500)
      unanswered.set(verb, lost ? op : undefined)
      asking.value = undefined
      if (answer.ok) {
        if (!knows(op_id)) know([answer.value])
        return
      }
      const text = lost
        ? "No answer: it may have started. Pressing again is safe, it will not run twice."
        : `Not started. ${answer.detail}`
      failed.value = { op_id, text }
      check()
      void (lost ? ask(op_id) : refresh())
    }
  }
}

const none = { op_id: "", text: "" }

const take = (power: Power, frame: Frame): Power => {
  switch (frame.event) {
    case "reset":
      return { ...emptyPower, status: power.status }
    case "status":
      return parsed<Status, Power>(frame.data, (status) => ({ ...power, status })) ?? power
    case "message":
      return parsed<PowerEntry, Power>(frame.data, (entry) => foldPower(power, entry)) ?? power
    default:
      return power
  }
}
