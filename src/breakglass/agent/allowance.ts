/**
 * How often the agent may change the VM; pure. The figures and their reasons are in docs/adr/0010. A refusal is told to the
 * agent, and nothing was sent.
 */

/** A warm reset, then a cycle, then one more when that did not help. A turn that needs more needs its operator. */
export const perTurn = 3

/** ms from the end of one to the next, whichever turn asks: a VM needs this long to boot before anything shows. */
export const pause = 60_000

export interface Used {
  /** Of this turn. */
  readonly sent: number
  readonly running: boolean
  /** ms since the end of the newest one, of any turn; null when there was none. */
  readonly sinceLast: number | null
}

export const refusal = ({ sent, running, sinceLast }: Used): string | null => {
  if (running) return "One that changes the VM is under way for you already. Nothing was sent. Wait for its answer."
  if (sent >= perTurn) {
    return (
      `This turn has changed the VM ${perTurn} times, which is the limit. Nothing was sent. Say what you saw and what ` +
      "you would do: the owner has the same verbs as buttons."
    )
  }
  if (sinceLast === null || sinceLast >= pause) return null
  const seconds = Math.ceil((pause - sinceLast) / 1000)
  return `The VM was changed ${Math.floor(sinceLast / 1000)} s ago and needs time to come up. Nothing was sent. Look at it, and ask again in ${seconds} s if it is still needed.`
}
