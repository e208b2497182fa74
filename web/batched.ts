/** Collects what arrives and hands it on once a frame is drawn, so that 200 events a second cost as much as 60. */
export const batched = <A>(take: (arrived: ReadonlyArray<A>) => void) => {
  let waiting: Array<A> = []
  let frame = 0
  let timer = 0
  const flush = () => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
    frame = 0
    if (waiting.length === 0) return
    const arrived = waiting
    waiting = []
    take(arrived)
  }
  return {
    add: (arrived: ReadonlyArray<A>) => {
      for (const each of arrived) waiting.push(each)
      if (frame !== 0 || waiting.length === 0) return
      frame = requestAnimationFrame(flush)
      // A page that is not seen draws no frames.
      timer = window.setTimeout(flush, 250)
    },
    flush
  }
}
