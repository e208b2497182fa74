/** Figures as people read them: lines on a terminal, and the table of docs/bench.md; pure. */
import type { Figure, Measured } from "./Figure.ts"
import { median } from "./statistics.ts"
import { inside, ratio, regressed } from "./verdict.ts"

/** The ratio of each figure when it was last kept. */
export type Kept = Readonly<Record<string, number>>

/** Three digits, as many more as stand before the point. */
const number = (value: number): string =>
  Math.abs(value) >= 100
    ? Math.round(value).toLocaleString("en-US")
    : String(Number(value.toPrecision(Math.abs(value) < 1 ? 2 : 3)))

/** The median, and the range when there is one. */
const samples = (values: ReadonlyArray<number>): string => {
  const [low, middle, high] = [Math.min(...values), median(values), Math.max(...values)].map(number)
  return low === high ? `${middle}` : `${middle} (${low} to ${high})`
}

const wanted = ({ better, unit, wanted: limit }: Figure): string => {
  const sign = better === "less" ? "≤" : "≥"
  return "times" in limit ? `${sign} ${limit.times} × bare` : `${sign} ${number(limit.value)} ${unit}`.trim()
}

const named = ({ what, unit }: Figure): string => (unit === "" ? what : `${what}, ${unit}`)

/** One line for the terminal; one that regressed is red, one outside its limit has a `!`. */
export const line = (measured: Measured, kept: Kept): string => {
  const { key, figure, ours, bare } = measured
  const before = kept[key]
  const text = [
    inside(measured) ? " " : "!",
    key.padEnd(16),
    named(figure).padEnd(60),
    samples(ours).padStart(26),
    `bare ${samples(bare)}`.padStart(30),
    number(ratio(measured)).padStart(7),
    wanted(figure).padStart(15),
    before === undefined ? "" : `kept ${number(before)}`.padStart(11)
  ].join(" ")
  return regressed(measured, before) ? `\u001b[31m${text} REGRESSED\u001b[0m` : text
}

/** In the language of GitHub's Markdown. The ratio of a figure outside its limit is bold. */
export const table = (all: ReadonlyArray<Measured>): string =>
  [
    "| row | figure | here | bare | ratio | wanted |",
    "|---|---|---:|---:|---:|---|",
    ...all.map((measured) => {
      const { key, figure, ours, bare } = measured
      const mark = inside(measured) ? "" : "**"
      const cells = [
        `\`${key.split(".")[0]}\``,
        named(figure),
        samples(ours),
        samples(bare),
        `${mark}${number(ratio(measured))}${mark}`,
        wanted(figure)
      ]
      return `| ${cells.join(" | ")} |`
    })
  ].join("\n")
