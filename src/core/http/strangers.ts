/**
 * Connections on which nobody has been admitted: idle ones, half a head, a body that trickles, a sign-in. Anyone can open many,
 * so their number is limited, and the oldest is closed for a new one. An operator's connection is a stranger's only until its
 * first head has come: until then it is the newest, and afterwards it no longer counts.
 */
import type { IncomingMessage, Server } from "node:http"
import type { Socket } from "node:net"

export const most = 128

const known = new WeakMap<Socket, () => void>()

/** The request on this connection is an operator's; its next one is a stranger's again. */
export const admitted = (socket: Socket): void => known.get(socket)?.()

/** Limits a server to so many. */
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
