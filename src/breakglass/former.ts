/** What a former life of this server left behind: turns with no end, and their processes. */
import { Effect } from "effect"
import { markerName } from "../claude/command.ts"
import * as Marker from "../marker.ts"
import type { EventLog } from "./EventLog.ts"
import { errorEvent } from "./verdict.ts"

/** Ends what still runs of a turn whose server is gone, and gives what the log is owed: the turn's end. */
export const end = Effect.fnUntraced(function* (log: EventLog, turn: string) {
  const { seen, left } = yield* Marker.sweep(Marker.census(`${markerName}=${turn}`))
  const swept =
    left === null
      ? "What it had started could not be looked for."
      : seen.size === 1
        ? "1 process of it was still running and was ended."
        : `${seen.size} processes of it were still running and were ended.`
  const error = `the server restarted while this turn ran. ${swept} A command may have run without its result being seen.`
  const events = [errorEvent(error), { kind: "turn_end", outcome: "interrupted" } as const]
  return log.append(events, { open_turn: null, unfinished: true })
})
