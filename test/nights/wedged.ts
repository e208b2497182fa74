/** A server with the real ssh, an sshd, the shipped host scripts and a VM whose own port 22 takes what comes and never speaks. */
import { type AddressInfo, createServer, type Socket } from "node:net"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { root } from "../support/server/BreakglassServer.ts"
import { type Options, startPower } from "../support/power/powerBench.ts"

/** Not the host's, which is 127.0.0.1: the shim tells them apart by it. */
const address = "127.0.0.2"

export const startWedged = async ({ env, ...options }: Options = {}) => {
  const sockets = new Set<Socket>()
  const door = createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
  })
  await new Promise<void>((settle) => door.listen(0, address, settle))
  const { port } = door.address() as AddressInfo
  const preload = `--import ${pathToFileURL(join(root, "test/support/server/port22.mjs")).href}?is=${port}`
  const power = await startPower({
    // Evidence takes its time, as on a real host.
    conf: { FORENSICS_SECS: "20", SAMPLE_SECS: "3" },
    ...options,
    env: { BREAKGLASS_DEVVM_HOST: address, SSH_AUTH_SOCK: "/nowhere", NODE_OPTIONS: preload, ...env }
  })
  power.shim.forTarget(address, port)
  const former = power.rig.vmPid()
  return {
    ...power,
    /** The VM runs, in another process than before. */
    isAnother: () => power.rig.vmRuns() && power.rig.vmPid() !== former,
    [Symbol.asyncDispose]: async () => {
      await power[Symbol.asyncDispose]()
      for (const socket of sockets) socket.destroy()
      door.close()
    }
  }
}

export type Wedged = Awaited<ReturnType<typeof startWedged>>
