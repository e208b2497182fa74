/**
 * How often the agent may ask for what changes the VM; pure. The figures and their reasons are in docs/adr/0010. What is
 * refused here is told to the agent, and was not sent.
 */

/** A warm reset, then a cycle, then one more when that was not it. A turn that needs more needs its operator. */
export const perTurn = 3

/** From the end of one to the next, in ms, whatever turn asks: a VM needs this long to boot before anything shows. */
export const pause = 60_000

export interface Used {
  /** Of this turn. */
  readonly sent: number
  readonly underWay: boolean
  /** Since the end of the newest one, of any turn; null when there was none. */
  readonly since: number | null
}

export const refusal = ({ sent, underWay, since }: Used): string | null => {
  if (underWay) return "One that changes the VM is under way for you already. Nothing was sent. Wait for its answer."
  if (sent >= perTurn) {
    return (
      `This turn has changed the VM ${perTurn} times, which is the limit. Nothing was sent. Say what you saw and what ` +
      "you would do: the owner has the same verbs as buttons."
    )
  }
  if (since === null || since >= pause) return null
  const seconds = Math.ceil((pause - since) / 1000)
  return `The VM was changed ${Math.floor(since / 1000)} s ago and needs time to come up. Nothing was sent. Look at it, and ask again in ${seconds} s if it is still needed.`
}
