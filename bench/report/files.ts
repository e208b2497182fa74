/** Where figures stay: the table in docs/bench.md between its two marks, and the kept ratios beside it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Measured } from "./Figure.ts"
import { type Kept, table } from "./table.ts"
import { ratio } from "./verdict.ts"

const docs = join(import.meta.dirname, "../../docs")
const page = join(docs, "bench.md")
const ratios = join(docs, "bench.json")
const marks = /(<!-- measured -->\n)[^]*(<!-- end of what is measured -->)/

export const readKept = (): Kept => (existsSync(ratios) ? JSON.parse(readFileSync(ratios, "utf8")) : {})

/** Those that were not measured stay as they were. */
export const writeKept = (all: ReadonlyArray<Measured>): void => {
  const now = all.map((measured) => [measured.key, Number(ratio(measured).toPrecision(3))])
  const kept = { ...readKept(), ...Object.fromEntries(now) }
  writeFileSync(ratios, `${JSON.stringify(kept, null, 2)}\n`)
}

/** `where` says on what machine and how. */
export const writePage = (all: ReadonlyArray<Measured>, where: string): void => {
  const text = readFileSync(page, "utf8")
  if (!marks.test(text)) throw new Error("docs/bench.md has lost the marks between which the table stands")
  writeFileSync(
    page,
    text.replace(marks, (_, begin, end) => `${begin}\n${where}\n\n${table(all)}\n\n${end}`)
  )
}
