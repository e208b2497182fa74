/**
 * `localhost` is 127.0.0.1 and ::1, and most programs try ::1 first. A program that listens where this server does not is sent
 * what is meant for it: the token typed through `ssh -L 8080:localhost:8080`, the edge secret of `proxy_pass http://localhost`.
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

/** Listens at both addresses, hands over the connections of the other one, and returns the port. */
export const alsoAt = Effect.fnUntraced(function* (
  host: string,
  other: string,
  port: number,
  connected: (socket: Socket) => void
) {
  for (;;) {
    const twin = createServer(connected)
    const code = yield* listen(twin, other, port)
    // A machine without IPv6, or where it is off: then no other program can listen there.
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
    // A free port was asked for: one that is free at one address may be taken at the other.
    if (port !== 0) return yield* taken(port, host)
  }
})

const listen = (server: Server, host: string, port: number) =>
  Effect.callback<string | null>((resume) => {
    server.once("error", (error: NodeJS.ErrnoException) => resume(Effect.succeed(error.code ?? "?")))
    server.listen({ host, port }, () => resume(Effect.succeed(null)))
  })

/** Stops listening; the HTTP server ends the connections. */
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

/** The program that listens there, as far as this user may know (proc(5)). */
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
