/**
 * A job: one run of an agent for another program, from `POST /execute` to its end; pure. An agent has side effects, so a job
 * is started at most once, and whoever wants it again asks for a new one.
 */

/** The first system's words, and three for what it could not say. */
export const statuses = [
  "queued",
  "running",
  /** The agent ended well: its own verdict, and exit code 0. */
  "completed",
  /** The agent said that it failed, or its program did. */
  "failed",
  /** The limit in seconds passed. */
  "timeout",
  /** It could not be run: no workspace, no program, a fault of ours. */
  "error",
  "cancelled",
  /** The gateway was stopped while it ran, and ended it. */
  "interrupted",
  /** The gateway or its machine was gone while it ran: what the agent did is not known. */
  "lost"
] as const
export type Status = (typeof statuses)[number]
export type Final = Exclude<Status, "queued" | "running">

export const isFinal = (status: Status): status is Final => status !== "queued" && status !== "running"

/** Tokens, as the CLI's result counts them. */
export interface Usage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_read_input_tokens: number
  readonly cache_creation_input_tokens: number
}

/** What was asked for. Seconds and USD; null is no limit. */
export interface Asked {
  readonly prompt: string
  readonly agent: string
  readonly model: string | null
  readonly max_budget_usd: number | null
  readonly timeout_seconds: number | null
  /** The caller's own, given back as it came. */
  readonly metadata: Readonly<Record<string, unknown>> | null
}

/** How it ended. What is not known is null. */
export interface Ended {
  readonly status: Final
  readonly exit_code: number | null
  readonly result: string | null
  readonly cost_usd: number | null
  readonly usage: Usage | null
  /** Lines of the CLI's stdout, each with its line feed; the newest, up to a bound. */
  readonly output: ReadonlyArray<string>
  readonly stderr: string
  /** Why, for people; null when the status says it all. */
  readonly error: string | null
}

export interface Job extends Asked {
  /** 12 hexadecimal digits. */
  readonly job_id: string
  /** The name of the token that asked: nobody else sees the job. */
  readonly owner: string
  /** Milliseconds since 1970. */
  readonly created: number
  readonly started: number | null
  readonly finished: number | null
  readonly ended: Ended | null
}

export const status = ({ started, ended }: Job): Status => ended?.status ?? (started === null ? "queued" : "running")

/** ISO 8601 with the offset written out, as the first system's clients parse it. */
const iso = (at: number): string => new Date(at).toISOString().replace("Z", "+00:00")

/** What `GET /jobs/{id}` answers: a field is there from the moment it is known (the first system's rule). */
export const record = (job: Job) => ({
  ...{ job_id: job.job_id, status: status(job), done: isFinal(status(job)), prompt: job.prompt, agent: job.agent },
  ...{ created_at: iso(job.created), metadata: job.metadata },
  ...(job.started === null ? {} : { started_at: iso(job.started) }),
  ...(job.ended === null ? {} : ended(job.ended)),
  ...(job.finished === null ? {} : { finished_at: iso(job.finished), finished_epoch: job.finished / 1000 })
})

const ended = ({ status: _status, error, ...known }: Ended) => ({ ...known, ...(error === null ? {} : { error }) })
