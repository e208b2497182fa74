/** What one power verb takes beside what its ssh takes. */
import { row } from "../report/Figure.ts"
import { median } from "../report/statistics.ts"

const wanted = { times: 1.5 }
const warm = 10

export const verb = row(
  "verb",
  {
    cpu: { what: "server CPU of one power verb", unit: "ms", better: "less", wanted },
    p50: { what: "one power verb through a fake ssh, p50", unit: "ms", better: "less", wanted, noise: 1 }
  },
  async ({ start, scaled }) => {
    const server = await start()
    const took: Array<number> = []
    let used = 0
    const verbs = scaled(50)
    for (let nth = 1; nth <= warm + verbs; nth++) {
      if (nth === warm + 1) used = server.cpu()
      const began = performance.now()
      const said = await server.call("POST", "/api/pve/status")
      if (!said.includes("status ok")) throw new Error(`a verb did not say what the host said: ${said}`)
      if (nth > warm) took.push(performance.now() - began)
    }
    return { cpu: ((server.cpu() - used) * 1000) / verbs, p50: median(took) }
  }
)
