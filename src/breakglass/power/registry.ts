/** The operations in memory: all that run, and the newest of those that have ended. */
import { type Deferred, Duration } from "effect"
import type { Operation, Verb, VmEvent } from "../../contract/Power.ts"
import { type HostReply, isMutating } from "./hostProtocol.ts"
import { afterwards } from "./runOperation.ts"

export interface RunningOperation {
  operation: Operation
  /** Not its fiber: a fiber would keep the request that started it in memory, and this is remembered for long. */
  reply: Deferred.Deferred<HostReply> | null
}

export type Registry = ReturnType<typeof make>

export const make = () => {
  const all = new Map<string, RunningOperation>()
  const add = (operation: Operation): RunningOperation => {
    const running: RunningOperation = { operation, reply: null }
    all.set(operation.op_id, running)
    if (all.size > capacity) {
      const oldest = [...all.values()].find((one) => one !== running && one.operation.ended_at !== null)
      all.delete(oldest?.operation.op_id ?? "")
    }
    return running
  }
  const open = () => [...all.values()].filter(({ operation }) => operation.ended_at === null)
  return {
    add,
    get: (op_id: string) => all.get(op_id),
    newest: () => [...all.values()].map(({ operation }) => operation).reverse(),
    /** The one that changes the VM now; when that is the agent's, also the operator's that comes next. */
    mutating: () => open().filter(({ operation }) => isMutating(operation.verb)),
    /** Those of one verb that run or wait for one actor. */
    ofActor: (verb: Verb, actor: string) =>
      open().filter(({ operation }) => operation.verb === verb && operation.actor === actor),
    /** Takes in one event from before the restart. */
    recall: (entry: VmEvent) => {
      if (entry.kind === "operation") add({ ...entry.op, output: all.get(entry.op.op_id)?.operation.output ?? "" })
      else {
        const running = all.get(entry.op_id)
        if (running !== undefined) appendOutput(running, entry.text)
      }
    },
    /** Those that are open, or whose end is not known while the host may still say. */
    unsettled: (now: number) =>
      [...all.values()].filter(
        ({ operation: { verb, ended_at, outcome, started_at } }) =>
          ended_at === null ||
          (isMutating(verb) && outcome === "unknown" && now - Date.parse(started_at) < Duration.toMillis(afterwards))
      )
  }
}

/** An operation keeps the newest 64 Ki characters of its output. */
export const appendOutput = (running: RunningOperation, text: string): void => {
  const output = `${running.operation.output}${text}\n`.slice(-64 * 1024)
  running.operation = { ...running.operation, output }
}

/** Operations in memory; the journal has the older ones. */
const capacity = 500

/** What is not known of an operation that starts. */
export const blank = {
  ended_at: null,
  outcome: null,
  exit_code: null,
  output: "",
  verified: null,
  evidence: ""
} satisfies Partial<Operation>
