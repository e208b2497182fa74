/** How long a start takes. */
import { row } from "../report/Figure.ts"
import { median } from "../report/statistics.ts"

export const startup = row(
  "start",
  {
    cpu: { what: "CPU of a start", unit: "ms", better: "less", wanted: { value: 300 } },
    first: { what: "start to first 200", unit: "ms", better: "less", wanted: { value: 300 } }
  },
  async ({ start, scaled }) => {
    const starts = []
    for (let nth = 0; nth < scaled(5); nth++) {
      const server = await start()
      starts.push(server)
      await server.stop()
    }
    return {
      cpu: median(starts.map(({ startCpu }) => startCpu * 1000)),
      first: median(starts.map(({ startedIn }) => startedIn))
    }
  }
)
