/** Loaded into a server by NODE_OPTIONS: the limits it gives its HTTP server pass twenty times as fast. */
import http from "node:http"
import { syncBuiltinESMExports } from "node:module"

const { createServer } = http
const sooner = (milliseconds) => {
  if (!(milliseconds > 0)) throw new Error("the server sets no such limit")
  return milliseconds / 20
}

http.createServer = (options, ...rest) => {
  if (typeof options === "function") return createServer(options, ...rest)
  const { headersTimeout, requestTimeout, connectionsCheckingInterval } = options
  return createServer(
    {
      ...options,
      headersTimeout: sooner(headersTimeout),
      requestTimeout: sooner(requestTimeout),
      connectionsCheckingInterval: sooner(connectionsCheckingInterval)
    },
    ...rest
  )
}
syncBuiltinESMExports()
