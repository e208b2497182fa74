/** A figure, its limit and their ratio: below 1 is inside. */
export const print = (what: string, value: number, limit: number, unit: string): void => {
  const ratio = value / limit
  const mark = ratio <= 1 ? "  " : "! "
  process.stdout.write(
    `${mark}${what.padEnd(64)} ${format(value).padStart(8)} ${unit.padEnd(3)} of ${format(limit).padStart(6)}   ${ratio.toFixed(2)}\n`
  )
}

const format = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)
