import { Effect, Option } from "effect"
import { Journal } from "../../core/journal/Journal.ts"

/** Why there is no chat for want of a journal, as the page says it in place of the chat; null when there is one. */
export const noJournal = Effect.map(Journal, ({ trouble }) =>
  // A disk that is slow to answer is no reason yet, and the page waits for this.
  Effect.map(Effect.timeoutOption(trouble, "1 second"), (found) => {
    const failed = Option.getOrNull(found)
    return failed && `The journal takes no writes: ${failed.reason}. ${failed.cure ?? "Look at the server's disk."}`
  })
)
