/** A host in words: what it answers to each question, and how often it was asked what. */
import { Effect } from "effect"
import type { AskHost, HostReply } from "../../../src/breakglass/power/hostProtocol.ts"
import type { OpOutcome } from "../../../src/contract/Power.ts"

export interface Words {
  readonly lines?: ReadonlyArray<string>
  readonly outcome?: OpOutcome
  readonly code?: number | null
  readonly stderr?: string
  /** Milliseconds until it has answered. */
  readonly takes?: number
}

/** `OP` in a line is the operation's id. */
export type Script = (verb: string, times: number) => Words

export const host = (script: Script) => {
  const asked: Array<string> = []
  const ask: AskHost = (verb, id, say) =>
    Effect.gen(function* () {
      asked.push(verb)
      const times = asked.filter((word) => word === verb).length
      const { lines = [], outcome = "ok", code = 0, stderr = "", takes = 100 } = script(verb, times)
      const said = lines.map((line) => line.replaceAll("OP", id))
      for (const line of said) yield* say(line)
      yield* Effect.sleep(takes)
      const stdout = said.map((line) => `${line}\n`).join("")
      return { outcome, exit_code: code, stdout, stderr } satisfies HostReply
    })
  return { ask, asked, count: (verb: string) => asked.filter((word) => word === verb).length }
}

export const broken: Words = { outcome: "unknown", code: null, stderr: "Connection closed." }
export const runs: Words = {
  lines: ["breakglass-evidence op=OP state=running pid=9 uptime=1", "breakglass-result op=OP verb=status rc=0"]
}
export const result = (rc: number) => `breakglass-result op=OP verb=cycle rc=${rc} vm=running secs=3`
export const last = (words: string): Words => ({ lines: [`breakglass-last op=OP ${words}`] })
