/**
 * Slow 3G between the page and the server: 400 ms for every round trip, one more for every connection, 400 kb/s for all of
 * it together. A proxy, since what a browser slows down for a page it does not slow down for a service worker.
 */
import { createServer, request, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as pause } from "node:timers/promises"

const roundTripMs = 400
const bytesPerMs = 50

export const startSlow3g = async (target: string): Promise<{ readonly url: string; readonly close: () => void }> => {
  let lineFreeAt = 0
  const known = new WeakSet<object>()
  const send = async (answer: ServerResponse, chunk: Buffer) => {
    const begins = Math.max(Date.now(), lineFreeAt)
    lineFreeAt = begins + chunk.length / bytesPerMs
    await pause(lineFreeAt - Date.now())
    answer.write(chunk)
  }
  const server = createServer((asked, answer) => {
    const trips = known.has(asked.socket) ? 1 : 2
    known.add(asked.socket)
    const headers = { ...asked.headers, "accept-encoding": asked.headers["accept-encoding"] ?? "gzip" }
    const onward = request(`${target}${asked.url ?? ""}`, { method: asked.method, headers }, (came) => {
      const deliver = async () => {
        await pause(trips * roundTripMs)
        answer.writeHead(came.statusCode ?? 502, came.headers)
        answer.flushHeaders()
        for await (const chunk of came) await send(answer, chunk as Buffer)
        answer.end()
      }
      deliver().catch(() => answer.destroy())
    })
    onward.on("error", () => answer.destroy())
    answer.on("close", () => onward.destroy())
    asked.pipe(onward)
  })
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}
