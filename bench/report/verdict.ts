/** Whether a figure is what is wanted of it, and whether it was better when its ratio was kept; pure. */
import type { Measured } from "./Figure.ts"
import { median } from "./statistics.ts"

/** A ratio may be worse than the kept one by this part of it. */
const tolerated = 0.1

/** What the figure is held against: what the bare server shows, or the value that is wanted. */
const reference = ({ figure, bare }: Measured): number =>
  "times" in figure.wanted ? median(bare) : figure.wanted.value

export const ratio = (measured: Measured): number => median(measured.ours) / reference(measured)

export const inside = (measured: Measured): boolean => {
  const { better, wanted } = measured.figure
  const limit = "times" in wanted ? wanted.times : 1
  return better === "less" ? ratio(measured) <= limit : ratio(measured) >= limit
}

/** Worse than the kept ratio by more than a tenth of it, and by more than the noise of such a figure. */
export const regressed = (measured: Measured, kept: number | undefined): boolean => {
  if (kept === undefined) return false
  const expected = kept * reference(measured)
  const worse = (median(measured.ours) - expected) * (measured.figure.better === "less" ? 1 : -1)
  return worse > Math.abs(expected) * tolerated && worse > (measured.figure.noise ?? 0)
}
