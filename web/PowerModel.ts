/** The way to the VM that needs no model: its state, the operations on it, and one press of a button at a time. */
import { batch, computed, createModel, effect, signal } from "@preact/signals"
import type { Operation, Status, Verb } from "../src/contract/Pve.ts"
import type { Answer, OpRequest } from "./api.ts"
import { attach, type Source } from "./attach.ts"
import { current as isCurrent } from "./link.ts"
import { parsed } from "./parsed.ts"
import { current, emptyPower, foldPower, learn, type Power, type PowerEntry } from "./power.ts"
import type { Frame } from "./sse.ts"
import { uuid } from "./uuid.ts"

export interface PowerTransport extends Source {
  readonly operations: () => Promise<Answer<unknown>>
  readonly operate: (op: OpRequest) => Promise<Answer<Operation>>
}

export const PowerModel = createModel((transport: PowerTransport) => {
  const power = signal<Power>(emptyPower)
  const asking = signal<Verb | undefined>(undefined)
  const problem = signal("")
  // The same press repeated after a lost answer is the same operation: the host is never asked twice.
  let unanswered: OpRequest | undefined

  const attachment = attach(transport, {
    after: () => (power.value.last < 0 ? undefined : power.value.last),
    opened: () => {},
    frames: (arrived) => {
      power.value = arrived.reduce(take, power.value)
    }
  })
  effect(() => attachment.close)

  const refresh = async (): Promise<void> => {
    const answer = await transport.operations()
    if (answer.ok) power.value = listed(answer.value).reduceRight(learn, power.value)
  }

  // While the stream is not live, what runs is asked for: a proxy that holds the stream back must not hide a cycle.
  effect(() => {
    if (isCurrent(attachment.link.value) || current(power.value) === undefined) return
    const timer = setInterval(() => void refresh(), 3000)
    return () => clearInterval(timer)
  })

  const operate = async (verb: Verb, confirm: string | undefined): Promise<void> => {
    if (asking.value !== undefined) return
    asking.value = verb
    problem.value = ""
    const began = power.value.operations.some((run) => run.op_id === unanswered?.op_id)
    const retry = !began && unanswered?.verb === verb ? unanswered : undefined
    const op = retry ?? { verb, op_id: uuid(), ...(confirm === undefined ? {} : { confirm }) }
    const answer = await transport.operate(op)
    batch(() => {
      asking.value = undefined
      unanswered = answer.ok || answer.status !== 0 ? undefined : op
      if (answer.ok) power.value = learn(power.value, { ...answer.value, output: answer.value.output ?? "" })
      else if (answer.status === 0) {
        problem.value = `${verb}: ${answer.detail} Whether it began is not known. Pressing ${verb} again repeats the same request, not a second one.`
      } else problem.value = `${verb} did not start. ${answer.detail}`
    })
    if (!answer.ok) {
      attachment.check()
      void refresh()
    }
  }

  return {
    power,
    current: computed(() => current(power.value)),
    latest: computed(() => power.value.operations[0]),
    status: computed(() => power.value.status),
    link: attachment.link,
    lastSeen: attachment.lastSeen,
    asking,
    problem,
    operate,
    refresh,
    check: attachment.check
  }
})

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

const listed = (value: unknown): ReadonlyArray<Operation> => {
  const inner = typeof value === "object" && value !== null && "operations" in value ? value.operations : value
  return Array.isArray(inner) ? (inner as ReadonlyArray<Operation>) : []
}
