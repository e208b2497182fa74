/** What `Session` answers when it will not: what was not done, and what to do. */
import { AgentUnavailable, JournalUnavailable, TooManyTurns, TurnInProgress } from "../../contract/breakglass/Api.ts"
import { NotFound } from "../../contract/Problem.ts"
import type { CliUnfit } from "../../core/claude/ClaudeCheck.ts"
import type { JournalFailed } from "../../core/journal/Journal.ts"

export const noSession = new NotFound({ detail: "There is no such session. Nothing was done." })
export const noEvent = new NotFound({ detail: "There is no such event, or no more of it than the log shows." })
export const inProgress = new TurnInProgress({
  detail: "A turn is running in this session. The prompt was not taken. Wait for its end, or stop it."
})
export const tooMany = (cap: number) =>
  new TooManyTurns({ detail: `${cap} turns are running, which is the limit. The prompt was not taken.` })
export const agentUnfit = ({ trouble }: CliUnfit) => new AgentUnavailable({ detail: `${trouble} Nothing was started.` })
const noJournal = (why: string, cure: string | null = null) =>
  new JournalUnavailable({
    detail: `Nothing was done: the breakglass server${why}. VM controls work.${cure === null ? "" : ` ${cure}`}`
  })
export const diskTrouble = noJournal("'s own disk is full or does not answer")
export const stopSent = new JournalUnavailable({
  detail: "Stop was sent. The journal takes no writes, so how the turn ended will be in the log when it does."
})
export const stopTaken = new JournalUnavailable({
  detail:
    "Stop was taken. The disk of the journal does not answer, so the turn has not begun; when it does, the turn is " +
    "ended before the agent is started."
})
export const unavailable = ({ full, reason, cure = null }: JournalFailed) =>
  full
    ? new JournalUnavailable({ detail: `Nothing was started: ${reason}.` })
    : noJournal(
        /disk is full|ENOSPC/.test(reason) ? "'s own disk is full" : ` cannot use its journal (${reason})`,
        cure
      )
