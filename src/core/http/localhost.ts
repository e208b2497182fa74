/**
 * `localhost` is 127.0.0.1 and ::1, and most programs ask ::1 first. Whoever listens where we do not is sent what is meant
 * for us: the token typed through `ssh -L 8080:localhost:8080`, the edge secret of `proxy_pass http://localhost:8080`.
 */
import { Effect } from "effect"
import * as Fs from "node:fs"
import { createServer, type Server, type Socket } from "node:net"
import * as Path from "node:path"
import { ConfigRefused } from "../settings/variable.ts"

/** The address to listen on, and the other one that is called localhost; null where HOST has both, or neither. */
export const addresses = (host: string): readonly [host: string, other: string | null] => {
  if (host === "localhost") return ["127.0.0.1", "::1"]
  if (host === "::1") return [host, "127.0.0.1"]
  return [host, host === "127.0.0.1" || host === "0.0.0.0" ? "::1" : null]
}

/** Listens at both, hands every connection of the other one on, and gives the port. */
export const alsoAt = Effect.fnUntraced(function* (
  host: string,
  other: string,
  port: number,
  connected: (socket: Socket) => void
) {
  for (;;) {
    const twin = createServer(connected)
    const code = yield* listen(twin, other, port)
    // A machine without IPv6, or one where it is off: then nobody can have it.
    if (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT") return port
    if (code !== null) return yield* taken(port, other)
    const chosen = portOf(twin)
    const ours = createServer()
    const busy = yield* listen(ours, host, chosen)
    yield* close(ours)
    if (busy === null) {
      yield* Effect.addFinalizer(() => close(twin))
      return chosen
    }
    yield* close(twin)
    // Of any port that is free at one of them the other one may be taken.
    if (port !== 0) return yield* taken(port, host)
  }
})

const listen = (server: Server, host: string, port: number) =>
  Effect.callback<string | null>((resume) => {
    server.once("error", (error: NodeJS.ErrnoException) => resume(Effect.succeed(error.code ?? "?")))
    server.listen({ host, port }, () => resume(Effect.succeed(null)))
  })

/** Who is connected is the HTTP server's to end. */
const close = (server: Server) => Effect.sync(() => server.close())

const portOf = (server: Server): number => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

const taken = (port: number, at: string) =>
  new ConfigRefused({
    message:
      `PORT is ${port}, which ${holder(port)} has at ${at}; expected one that is free at 127.0.0.1 and ::1: ` +
      "whoever has the other is sent what is meant for localhost"
  })

/** Who listens there, as far as this user may know (proc(5)). */
const holder = (port: number): string => {
  const hex = port.toString(16).toUpperCase().padStart(4, "0")
  for (const line of ["tcp", "tcp6"].flatMap((table) => read(`/proc/net/${table}`).split("\n"))) {
    const [, local = "", , state, , , , user, , inode] = line.trim().split(/\s+/)
    if (state !== "0A" || !local.endsWith(`:${hex}`)) continue
    const pid = list("/proc").find(
      (pid) =>
        /^[0-9]+$/.test(pid) &&
        list(`/proc/${pid}/fd`).some((fd) => link(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`)
    )
    return pid === undefined ? `a program of user ${user}` : `${Path.basename(link(`/proc/${pid}/exe`))} (pid ${pid})`
  }
  return "another program"
}

const quietly =
  <A>(look: (path: string) => A, otherwise: A) =>
  (path: string): A => {
    try {
      return look(path)
    } catch {
      return otherwise
    }
  }
const read = quietly((path) => Fs.readFileSync(path, "utf8"), "")
const list = quietly<ReadonlyArray<string>>((path) => Fs.readdirSync(path), [])
const link = quietly((path) => Fs.readlinkSync(path), "")
