/**
 * Preloaded into a server: port 22, which a test may not have, is the port that ?is= names. Where the tests run an sshd may
 * listen on port 22 of every address.
 */
import { syncBuiltinESMExports } from "node:module"
import net from "node:net"

const { connect } = net
const is = Number(new URL(import.meta.url).searchParams.get("is"))
net.connect = (options, ...more) => connect(options.port === 22 ? { ...options, port: is } : options, ...more)
syncBuiltinESMExports()
