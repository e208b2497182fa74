/** A session's errors, as the operator reads them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { withProblems } from "../../../src/breakglass/http/sessionProblems.ts"
import * as Errors from "../../../src/breakglass/session/errors.ts"
import { CliUnfit } from "../../../src/core/claude/ClaudeCheck.ts"
import { JournalFailed } from "../../../src/core/journal/Journal.ts"

const failed = (reason: string, cure: string | null, full = false) => new JournalFailed({ reason, full, cure })

type Row = readonly [error: Errors.SessionError, status: number, type: string, detail: RegExp]
const rows: ReadonlyArray<Row> = [
  [new Errors.NoSession(), 404, "about:blank", /^There is no such session\. Nothing was done\.$/],
  [new Errors.NoEvent(), 404, "about:blank", /^There is no such event/],
  [new Errors.TurnRunning(), 409, "turn-in-progress", /The prompt was not taken\. Wait for its end, or stop it\.$/],
  [new Errors.TurnLimit({ limit: 2 }), 429, "too-many-turns", /^2 turns are running, .* The prompt was not taken\.$/],
  [new CliUnfit({ trouble: "No flag." }), 503, "agent-unavailable", /^No flag\. Nothing was started\.$/],
  [new Errors.EndPending(), 503, "journal-unavailable", /^Nothing was done: .* disk is full or does not answer\. VM/],
  [new Errors.StopUnrecorded(), 503, "journal-unavailable", /^Stop was sent\. .* will be in the log when it does\.$/],
  // Something was done here: it must not say that nothing was.
  [
    new Errors.StopPending(),
    503,
    "journal-unavailable",
    /^Stop was taken\. (?!.*othing was).* before the agent is started/
  ],
  [
    failed("the disk is full (ENOSPC)", null),
    503,
    "journal-unavailable",
    /^Nothing was done: .*'s own disk is full\. VM/
  ],
  [failed("EIO", "Look."), 503, "journal-unavailable", /cannot use its journal \(EIO\)\. VM controls work\. Look\.$/],
  [
    failed("the limit is reached", null, true),
    503,
    "journal-unavailable",
    /^Nothing was started: the limit is reached\.$/
  ]
]

describe("an error of a session", () => {
  for (const [error, status, type, detail] of rows) {
    it.effect(`${error._tag} is ${status}, ${detail.source}`, () =>
      Effect.gen(function* () {
        const problem = yield* Effect.flip(withProblems(Effect.fail(error)))
        assert.deepStrictEqual([problem.status, problem.type.replace("urn:breakglass:", "")], [status, type])
        assert.match(problem.detail ?? "", detail)
      })
    )
  }
})
