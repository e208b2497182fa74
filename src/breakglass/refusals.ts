/** What `Session` answers when it will not: what was not done, and what to do. */
import { JournalUnavailable, NotFound, TooManyTurns, TurnInProgress } from "../contract/Api.ts"
import type { JournalFailed } from "./Journal.ts"

export const noSession = new NotFound({ detail: "There is no such session. Nothing was done." })
export const noEvent = new NotFound({ detail: "There is no more of this event than the log shows." })
export const inProgress = new TurnInProgress({
  detail: "A turn is running in this session. The prompt was not taken. Wait for its end, or stop it."
})
export const tooMany = (cap: number) =>
  new TooManyTurns({ detail: `${cap} turns are running, which is the limit. The prompt was not taken.` })
export const diskTrouble = new JournalUnavailable({
  detail: "The journal cannot be written, so nothing was begun. The VM controls do not need it. Free the server's disk."
})
export const unavailable = ({ full, reason }: JournalFailed) =>
  full ? new JournalUnavailable({ detail: `Nothing was begun: ${reason}.` }) : diskTrouble
