import { assert, describe, it } from "@effect/vitest"
import { type Ended, isFinal, type Job, record, statuses } from "../../../src/gateway/jobs/Job.ts"

const job: Job = {
  ...{ job_id: "0123456789ab", owner: "mail", prompt: "p", agent: "planner", model: null },
  ...{ max_budget_usd: 5, timeout_seconds: 2700, metadata: { issue: 7 } },
  ...{ created: 1_764_500_000_123, started: null, finished: null, ended: null }
}
const ended: Ended = {
  ...{
    status: "completed",
    exit_code: 0,
    result: "done",
    cost_usd: 0.5,
    usage: null,
    output: ["a\n"],
    stderr: "",
    error: null
  }
}

describe("a job's record", () => {
  it("has a field from the moment that it is known", () => {
    assert.deepStrictEqual(record(job), {
      ...{ job_id: "0123456789ab", status: "queued", done: false, prompt: "p", agent: "planner" },
      ...{ created_at: "2025-11-30T10:53:20.123+00:00", metadata: { issue: 7 } }
    })
    assert.deepInclude(record({ ...job, started: job.created }), {
      ...{ status: "running", done: false, started_at: "2025-11-30T10:53:20.123+00:00" }
    })
  })

  it("of an ended job says how, with its result and its price", () => {
    const all = record({ ...job, started: job.created, finished: job.created + 1000, ended })
    assert.deepInclude(all, {
      ...{ status: "completed", done: true, exit_code: 0, result: "done", cost_usd: 0.5, output: ["a\n"], stderr: "" },
      ...{ finished_at: "2025-11-30T10:53:21.123+00:00", finished_epoch: 1_764_500_001.123 }
    })
    assert.notProperty(all, "error")
  })

  it("names no owner: a token's name is nobody's business", () => {
    assert.notProperty(record(job), "owner")
  })

  it("is done in every state but the first two", () => {
    assert.deepStrictEqual(
      statuses.filter((status) => !isFinal(status)),
      ["queued", "running"]
    )
  })
})
