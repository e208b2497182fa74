/** What an operator waits for who prompts: the answer, the first event of it on the page, the end of a short turn. */
import { setTimeout as pause } from "node:timers/promises"
import { row } from "../report/Figure.ts"
import { median } from "../report/statistics.ts"
import { now } from "../server/Reader.ts"
import { attach } from "../server/turns.ts"

const wanted = { times: 1.5 }
const warm = 5

export const prompt = row(
  "prompt",
  {
    cpu: { what: "server CPU of a short turn", unit: "ms", better: "less", wanted },
    answer: { what: "prompt → answer, p50", unit: "ms", better: "less", wanted, noise: 0.5 },
    event: { what: "prompt → first event, p50", unit: "ms", better: "less", wanted, noise: 0.5 },
    end: { what: "prompt → end of a short turn, p50", unit: "ms", better: "less", wanted, noise: 3 }
  },
  async ({ start, scaled }) => {
    const server = await start()
    const session = await server.session()
    let first = 0
    const reader = await attach(server, session, (_bytes, _from, _to, at) => {
      if (first === 0) first = at
    })
    const took = { answer: new Array<number>(), event: new Array<number>(), end: new Array<number>() }
    let used = 0
    const turns = scaled(50)
    for (let turn = 1; turn <= warm + turns; turn++) {
      if (turn === warm + 1) used = server.cpu()
      first = 0
      const began = now()
      await server.prompt(session, "what is wrong?")
      const answered = now()
      const ended = await reader.turnEnd(turn)
      if (turn > warm) {
        took.answer.push(answered - began)
        took.event.push(first - began)
        took.end.push(ended - began)
      }
      await pause(10)
    }
    return {
      cpu: ((server.cpu() - used) * 1000) / turns,
      answer: median(took.answer),
      event: median(took.event),
      end: median(took.end)
    }
  }
)
