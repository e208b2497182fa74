/** 200 MB through one turn to one reader: how long, how evenly, and what stays of it in memory. */
import { setTimeout as pause } from "node:timers/promises"
import { row } from "../report/Figure.ts"
import { attach, emit } from "../server/turns.ts"

export const volume = row(
  "volume",
  {
    cpu: { what: "200 MB through one turn: server CPU", unit: "s", better: "less", wanted: { times: 1.5 } },
    time: { what: "the same: time", unit: "s", better: "less", wanted: { times: 1.5 } },
    gap: { what: "the same: longest gap", unit: "ms", better: "less", wanted: { times: 2 }, noise: 15 },
    growth: { what: "the same: growth", unit: "MiB", better: "less", wanted: { value: 20 }, noise: 10 }
  },
  async ({ start, scaled }) => {
    const server = await start()
    const session = await server.session()
    let [last, gap] = [0, 0]
    const reader = await attach(server, session, (_bytes, _from, _to, at) => {
      // What is first in a turn waited for the prompt.
      if (last > 0) gap = Math.max(gap, at - last)
      last = at
    })
    await emit(server, session, [reader], { count: 1 })
    await pause(1000)
    const before = server.resident()
    ;[last, gap] = [0, 0]
    const { cpu, seconds } = await emit(server, session, [reader], { count: scaled(20_000), bytes: 10_000 })
    await pause(1000)
    return { cpu, time: seconds, gap, growth: (server.resident() - before) / 1024 }
  }
)
