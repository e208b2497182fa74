/** What a turn of a session is run with. */
import type { Journal } from "../../core/journal/Journal.ts"
import type { Settings } from "../config/Config.ts"

/** Of one turn. */
export const home = ({ openHome, closeHome }: Journal["Service"], turn: string, former: string) => ({
  open: (conversation: string) => openHome(turn, conversation, former),
  close: (conversation: string) => closeHome(turn, conversation)
})

/** Seconds. `tool`: what the CLI lets a command run at most (BASH_MAX_TIMEOUT_MS), and a margin. */
export const limits = ({ turnTimeout, silence, compaction }: Settings) => ({
  total: turnTimeout,
  silent: silence,
  tool: 660,
  compaction
})

/** Told to the model before the next prompt. */
export const afterKill =
  "(From breakglass, not the operator: the turn before this one was killed. A command of yours may have run without " +
  "your seeing its result. Check the state before you act on it.)"
