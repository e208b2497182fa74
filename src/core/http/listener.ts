/** The listening sockets: their addresses, how many connections there may be, and how long each step of one may take. */
import { NodeFileSystem, NodeHttpPlatform, NodeHttpServer, NodePath } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { Etag } from "effect/http"
import { createServer } from "node:http"
import type { Socket } from "node:net"
import { connections } from "./connectionLimit.ts"
import { addresses, alsoAt } from "./localhost.ts"
import * as strangers from "./strangers.ts"

/** Milliseconds. Node's defaults would let idle sockets stay for five minutes each. */
export const patience = {
  headersTimeout: 20_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 5_000,
  // Longer than proxies keep an idle connection, or one is closed here as they send on it, and they answer 502: nginx 60 s
  // (keepalive_timeout of ngx_http_upstream_module), AWS ALB 60 s, Go's transport and Traefik 90 s, Caddy 2 min.
  keepAliveTimeout: 130_000
}

const bounded = () => {
  const server = createServer(patience)
  const most = connections()
  const open = new Set<Socket>()
  server.on("connection", (socket: Socket) => {
    if (most !== null && open.size >= most) socket.destroy()
    else open.add(socket)
    socket.once("close", () => open.delete(socket))
  })
  strangers.bound(server, Math.min(strangers.most, Math.floor((most ?? Infinity) / 2)))
  return server
}

/** What the server asks of its platform: `NodeHttpServer.layer` would bring a terminal and a starter of programs along. */
const services = Layer.mergeAll(NodeHttpPlatform.layer, Etag.layerWeak, NodeFileSystem.layer, NodePath.layer)

export const listener = ({ host, port }: { readonly host: string; readonly port: number }) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const server = bounded()
      const [own, other] = addresses(host)
      const chosen =
        other === null ? port : yield* alsoAt(own, other, port, (socket) => server.emit("connection", socket))
      const at = { host: own, port: chosen, gracefulShutdownTimeout: "2 seconds" } as const
      return Layer.merge(
        NodeHttpServer.layerServer(() => server, at),
        services
      )
    })
  )
