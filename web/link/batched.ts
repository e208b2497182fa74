/**
 * Collects what arrives and hands it on: at once when it is quiet, every {@link restMs} while much is said, so that 200
 * events a second cost a dozen drawings and leave the keyboard its time.
 */
const restMs = 80

export interface Batched<A> {
  readonly add: (arrived: ReadonlyArray<A>) => void
  /** Hands on what waits, now. */
  readonly flush: () => void
}

export const batched = <A>(take: (arrived: ReadonlyArray<A>) => void): Batched<A> => {
  let waiting: Array<A> = []
  let timer = 0
  let last = 0
  const flush = () => {
    clearTimeout(timer)
    timer = 0
    if (waiting.length === 0) return
    const arrived = waiting
    waiting = []
    last = performance.now()
    take(arrived)
  }
  return {
    add: (arrived: ReadonlyArray<A>) => {
      for (const each of arrived) waiting.push(each)
      if (timer === 0 && waiting.length > 0)
        timer = window.setTimeout(flush, Math.max(0, last + restMs - performance.now()))
    },
    flush
  }
}
