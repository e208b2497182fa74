/** Clients of the stream that behave badly: they never read, or vanish. */
import { connect, type Socket } from "node:net"
import { readdirSync } from "node:fs"
import { type Server, token } from "../server/BreakglassServer.ts"

const asked = (session: string) =>
  `GET /api/session/${session}/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`

const opened = (server: Server): Promise<Socket> =>
  new Promise((settle, fail) => {
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname, () => settle(socket))
    socket.on("error", fail)
  })

/** Attaches, hears that it is, and reads no more. What becomes of it only the server can say. */
export const deaf = async (server: Server, session: string): Promise<Socket> => {
  const socket = await opened(server)
  socket.write(asked(session))
  await new Promise<void>((settle) => {
    let text = ""
    socket.setEncoding("latin1").on("data", function heard(chunk: string) {
      text += chunk
      if (!text.includes("caught-up")) return
      socket.off("data", heard)
      socket.pause()
      settle()
    })
  })
  return socket
}

/** Attaches, and reads only as far as it is told to. */
export const slow = async (server: Server, session: string) => {
  const socket = await opened(server)
  const pieces: Array<string> = []
  let taken = 0
  socket.setEncoding("latin1").pause()
  socket.write(asked(session))
  const readUntil = (enough: () => boolean) =>
    new Promise<void>((settle) => {
      const hear = (piece: string) => {
        pieces.push(piece)
        taken += piece.length
        if (!enough()) return
        socket.off("data", hear).pause()
        settle()
      }
      socket.on("data", hear).resume()
    })
  return {
    socket,
    text: () => pieces.join(""),
    /** So many bytes more, or a few more than that. */
    take: (bytes: number) => {
      const to = taken + bytes
      return readUntil(() => taken >= to)
    },
    /** All until its newest words hold these. */
    rest: (words: string) => readUntil(() => pieces.slice(-2).join("").includes(words))
  }
}

/** Attaches, reads so many bytes (none: does not even wait for the answer), and is gone: by FIN, or by RST. */
export const fleeting = async (server: Server, session: string, bytes: number, how: "fin" | "rst"): Promise<void> => {
  const socket = await opened(server)
  socket.on("error", () => {})
  const closed = new Promise<void>((settle) => socket.on("close", () => settle()))
  socket.write(asked(session))
  let seen = 0
  const leave = () => (how === "rst" ? socket.resetAndDestroy() : socket.destroy())
  socket.on("data", (chunk) => {
    seen += chunk.length
    if (seen >= bytes) leave()
  })
  if (bytes === 0) leave()
  await closed
}

/** Open descriptors of a process. */
export const descriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length
