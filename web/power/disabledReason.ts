/** Why a verb cannot be pressed now. */
import type { Verb } from "../../src/contract/Power.ts"
import type { Tone } from "../components/Mark.tsx"
import { by } from "./ending.ts"
import { isMutating, type Run } from "./power.ts"
import { labels } from "./verbs.ts"

export interface Obstacles {
  readonly signedOut: boolean
  readonly online: boolean
  /** The server has said which VM this is. */
  readonly identified: boolean
  /** What runs on the VM. */
  readonly current: Run | undefined
  /** Of the VM's state. */
  readonly tone: Tone
  /** The verb that was pressed, while it is not answered. */
  readonly asking: Verb | undefined
}

/** "" when it can be pressed. */
export const disabledReason = (known: Obstacles, verb: Verb): string => {
  if (known.signedOut) return "Sign in first."
  if (!known.online) return "You are offline. Nothing is sent later by itself."
  if (isMutating(verb)) {
    const { current, tone } = known
    if (!known.identified) return "The server has not said yet which VM this is."
    if (current !== undefined && isMutating(current.verb))
      return `${labels[current.verb].name} is running, by ${by(current.actor)}.`
    if (verb === "start" && tone === "ok") return "Already on."
    if (verb === "stop" && tone === "off") return "Already off."
  }
  return known.asking === undefined ? "" : "Asking the server…"
}
