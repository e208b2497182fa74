/** Which blocks of a long transcript are in the page: a span that moves, so that 50,000 events cost as much as 1,000. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Blocks held at a time, and how many come in at an edge. A block is at most 48 items. */
export const held = 16
const step = 6

export const atEnd = (count: number): Span => ({ from: Math.max(0, count - held), to: count })

export const earlier = ({ from, to }: Span): Span => {
  const start = Math.max(0, from - step)
  return { from: start, to: Math.min(to, start + held) }
}

export const later = ({ to }: Span, count: number): Span => {
  const end = Math.min(count, to + step)
  return { from: Math.max(0, end - held), to: end }
}

export const around = (block: number, count: number): Span => {
  const from = Math.max(0, Math.min(block - held / 2, count - held))
  return { from, to: Math.min(count, from + held) }
}

/** The block that holds an event, by the first ids of the blocks; the last one when it is newer than all. */
export const blockOf = (firsts: ReadonlyArray<number>, event: number): number =>
  Math.max(
    0,
    firsts.findLastIndex((first) => first <= event)
  )
