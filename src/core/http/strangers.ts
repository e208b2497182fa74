/**
 * Connections on which nobody has been admitted: idle, half a head, a body that trickles, a sign-in. Anyone may make as many
 * as he likes, so there is a number of them, and the oldest goes for the next. An operator is one for as long as one head takes
 * to come: his connection is the newest, and is none of them once he is admitted.
 */
import type { IncomingMessage, Server } from "node:http"
import type { Socket } from "node:net"

export const most = 128

const known = new WeakMap<Socket, () => void>()

/** Whoever asks on it is an operator, until its next request. */
export const admitted = (socket: Socket): void => known.get(socket)?.()

/** Keeps a server to so many. */
export const bound = (server: Server, most: number): void => {
  const strangers = new Set<Socket>()
  const enter = (socket: Socket) => {
    strangers.delete(socket)
    strangers.add(socket)
    const [oldest] = strangers
    if (strangers.size <= most || oldest === undefined) return
    strangers.delete(oldest)
    oldest.destroy()
  }
  const leave = (socket: Socket) => strangers.delete(socket)
  server.on("connection", (socket: Socket) => {
    known.set(socket, () => leave(socket))
    socket.once("close", () => leave(socket))
    enter(socket)
  })
  for (const event of ["request", "checkContinue"]) {
    server.on(event, ({ socket }: IncomingMessage) => enter(socket))
  }
}
