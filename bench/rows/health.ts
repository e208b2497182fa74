/** What an answer costs at least: `/health`, by sixteen connections that ask again as soon as they are answered. */
import { connect } from "node:net"
import { row } from "../report/Figure.ts"

const connections = 16
const ask = Buffer.from("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")

export const health = row(
  "health",
  {
    cpu: { what: "server CPU of one /health", unit: "µs", better: "less", wanted: { times: 2 } },
    rate: { what: "/health a second", unit: "/s", better: "more", wanted: { times: 0.5 } }
  },
  async ({ start, scaled }) => {
    const server = await start()
    await answered(server.port, 500)
    const used = server.cpu()
    const milliseconds = scaled(4000)
    const answers = await answered(server.port, milliseconds)
    return { cpu: ((server.cpu() - used) * 1e6) / answers, rate: (answers * 1000) / milliseconds }
  }
)

const answered = async (port: number, milliseconds: number): Promise<number> => {
  const end = performance.now() + milliseconds
  const counts = await Promise.all(Array.from({ length: connections }, () => asking(port, end)))
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Answers that one connection has until then. The answer is small: it comes whole or its end comes last. */
const asking = (port: number, end: number): Promise<number> =>
  new Promise((settle, fail) => {
    let count = 0
    let text = ""
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => void socket.write(ask))
    socket.on("error", fail).on("close", () => settle(count))
    socket.on("data", (part) => {
      text += part.toString("latin1")
      if (!text.endsWith("}") && !text.endsWith("0\r\n\r\n")) return
      if (!text.startsWith("HTTP/1.1 200")) return fail(new Error(`/health was answered: ${text}`))
      text = ""
      count += 1
      if (performance.now() < end) socket.write(ask)
      else socket.destroy()
    })
  })
