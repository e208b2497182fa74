/** How fast what the CLI says becomes frames, when it says it flat out. */
import { row } from "../report/Figure.ts"
import { attach, emit } from "../server/turns.ts"

export const lines = row(
  "lines",
  {
    cpu: { what: "server CPU a frame, 1 reader", unit: "µs", better: "less", wanted: { times: 1.7 } },
    rate: {
      what: "lines of the CLI a second through one turn",
      unit: "/s",
      better: "more",
      wanted: { times: 0.6 }
    }
  },
  async ({ start, scaled }) => {
    const server = await start()
    const count = scaled(50_000)
    const session = await server.session()
    const reader = await attach(server, session)
    const { cpu, frames, seconds } = await emit(server, session, [reader], { count })
    return { cpu: (cpu * 1e6) / frames, rate: count / seconds }
  }
)
