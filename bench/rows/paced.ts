/** What many readers of an ordinary turn cost, and how long a line takes from the CLI's write to each of them. */
import { row } from "../report/Figure.ts"
import { median, quantile } from "../report/statistics.ts"
import type { OnFrame } from "../server/Reader.ts"
import { attachAll, emit } from "../server/turns.ts"

/** Bytes of a frame in which the fake's ` t=MS ` stands. */
const looked = 140

export const paced = row(
  "paced",
  {
    cpu: {
      what: "50 readers, 200 events a second: server CPU a frame",
      unit: "µs",
      better: "less",
      wanted: { times: 1.5 }
    },
    p50: {
      what: "the same: CLI's write to reader, p50",
      unit: "ms",
      better: "less",
      wanted: { times: 1.5 },
      noise: 0.3
    },
    p99: { what: "the same, p99", unit: "ms", better: "less", wanted: { times: 1.5 }, noise: 2 }
  },
  async ({ start, scaled }) => {
    const server = await start()
    const session = await server.session()
    const took: Array<number> = []
    const onFrame: OnFrame = (bytes, from, to, at) => {
      const [, written] = / t=([\d.]+)/.exec(bytes.toString("latin1", from, Math.min(to, from + looked))) ?? []
      if (written !== undefined) took.push(at - Number(written))
    }
    const readers = await attachAll(server, session, 50, onFrame)
    const { cpu, frames } = await emit(server, session, readers, { count: scaled(800), rate: 200 })
    return { cpu: (cpu * 1e6) / frames, p50: median(took), p99: quantile(took, 0.99) }
  }
)
