/** Short enough for tests, long enough for a machine with two busy cores. No forensics but where they are the matter. */
export const budgets = {
  STATUS_SECS: "3",
  CHECK_SECS: "10",
  FORENSICS_SECS: "0",
  PROBE_SECS: "3",
  SAMPLE_SECS: "0",
  STOP_SECS: "60",
  TERM_SECS: "2",
  KILL_SECS: "2",
  RESET_SECS: "3",
  START_SECS: "60",
  START_TRIES: "3",
  RETRY_SECS: "0",
  VERIFY_SECS: "10"
}
