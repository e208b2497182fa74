/** Every row, in the order of the table. */
import type { Row } from "../report/Figure.ts"
import { health } from "./health.ts"
import { lines } from "./lines.ts"
import { memory } from "./memory.ts"
import { paced } from "./paced.ts"
import { prompt } from "./prompt.ts"
import { readers } from "./readers.ts"
import { replay } from "./replay.ts"
import { request } from "./request.ts"
import { sessions } from "./sessions.ts"
import { startup } from "./startup.ts"
import { verb } from "./verb.ts"
import { volume } from "./volume.ts"

export const rows: ReadonlyArray<Row> = [
  lines,
  paced,
  replay,
  prompt,
  verb,
  health,
  startup,
  memory,
  volume,
  readers,
  sessions,
  request
]
