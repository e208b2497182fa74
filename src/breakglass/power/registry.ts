/** What is known here of operations: all that run, and the newest of those that have ended. */
import { type Deferred, Duration } from "effect"
import type { Operation, Verb, VmEvent } from "../../contract/Power.ts"
import * as Conduct from "./runOperation.ts"
import { changes } from "./hostProtocol.ts"

export interface Running {
  operation: Operation
  /** Not its fiber: that would keep the request that began it, and this is remembered for long. */
  answer: Deferred.Deferred<Conduct.Answer> | null
}

export const make = () => {
  const all = new Map<string, Running>()
  const begin = (operation: Operation): Running => {
    const running: Running = { operation, answer: null }
    all.set(operation.op_id, running)
    if (all.size > held) {
      const oldest = [...all.values()].find((one) => one !== running && one.operation.ended_at !== null)
      all.delete(oldest?.operation.op_id ?? "")
    }
    return running
  }
  const open = () => [...all.values()].filter(({ operation }) => operation.ended_at === null)
  return {
    begin,
    get: (op_id: string) => all.get(op_id),
    newest: () => [...all.values()].map(({ operation }) => operation).reverse(),
    /** The one that changes the VM now, and with the agent's also the operator's that comes next. */
    changing: () => open().filter(({ operation }) => changes(operation.verb)),
    /** What one asker has under way of one verb, or waiting. */
    ofAsker: (verb: Verb, actor: string) =>
      open().filter(({ operation }) => operation.verb === verb && operation.actor === actor),
    /** As a former life wrote it down. */
    recall: (entry: VmEvent) => {
      if (entry.kind === "operation") begin({ ...entry.op, output: all.get(entry.op.op_id)?.operation.output ?? "" })
      else {
        const running = all.get(entry.op_id)
        if (running !== undefined) print(running, entry.text)
      }
    },
    /** Still open, or not known how it ended, and the host may yet say. */
    unsettled: (now: number) =>
      [...all.values()].filter(
        ({ operation: { verb, ended_at, outcome, started_at } }) =>
          ended_at === null ||
          (changes(verb) &&
            outcome === "unknown" &&
            now - Date.parse(started_at) < Duration.toMillis(Conduct.afterwards))
      )
  }
}

/** Its output, with a line more: its newest 64 Ki characters. */
export const print = (running: Running, text: string): void => {
  const output = `${running.operation.output}${text}\n`.slice(-64 * 1024)
  running.operation = { ...running.operation, output }
}

/** Operations in memory; of older ones the journal knows. */
const held = 500

/** What is not known of one that begins. */
export const blank = {
  ended_at: null,
  outcome: null,
  exit_code: null,
  output: "",
  verified: null,
  evidence: ""
} satisfies Partial<Operation>
