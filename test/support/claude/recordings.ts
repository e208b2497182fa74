/** Every line of every recording of the CLI, of all versions, with what it says it is. */
import * as Fs from "node:fs"
import * as Path from "node:path"

export const recordings = Path.resolve(import.meta.dirname, "../../fixtures/claude")

export interface Said {
  readonly type: string
  readonly subtype?: string
  readonly [field: string]: unknown
}

export const recorded = Fs.readdirSync(recordings, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ndjson"))
  .flatMap((name) =>
    Fs.readFileSync(Path.join(recordings, name), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => ({ name, line, said: JSON.parse(line) as Said }))
  )
