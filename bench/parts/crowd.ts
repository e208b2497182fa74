/** So many connections at a server, each a new one 50 ms after the last was closed. The thread's end is theirs. */
import { connect } from "node:net"
import { workerData } from "node:worker_threads"

const { url, size, bytes } = workerData as { readonly url: string; readonly size: number; readonly bytes: string }
const { hostname, port } = new URL(url)
const one = () => {
  const socket = connect(Number(port), hostname)
  // Answered: the same again. A body that is never whole is never answered, but closed.
  socket.on("error", () => {}).on("data", () => socket.destroy())
  socket.on("close", () => setTimeout(one, 50))
  socket.write(bytes)
}
for (let at = 0; at < size; at++) one()
