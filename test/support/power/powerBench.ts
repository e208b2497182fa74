/**
 * The whole way of a power verb, for real: the production server, the real ssh, an sshd on loopback, the shipped host
 * script and a fake qm whose VM is a process. Between server and ssh stands sshShim.ts.
 */
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Operation, Status, Verb } from "../../../src/contract/Power.ts"
import { end } from "../../host/support/proc.ts"
import { makeRig, type Options as RigOptions, type Rig } from "../../host/support/rig.ts"
import {
  discard,
  openReader,
  type Options as ServerOptions,
  type Reader,
  startServer
} from "../server/BreakglassServer.ts"
import { distinct, vmEvent } from "../http/frames.ts"
import { keyAgent } from "./keyAgent.ts"
import { makeShim } from "./sshShim.ts"

export const target = "devvm"

export interface Options extends Omit<RigOptions, "shell">, Pick<ServerOptions, "bin" | "home" | "under"> {
  readonly env?: Readonly<Record<string, string>>
  /** On the host when the server comes up. */
  readonly initially?: "running" | "stopped"
}

export const startPower = async (options: Options = {}) => {
  const rig = await makeRig({ ...options, shell: "dash" })
  try {
    return await over(rig, options)
  } catch (error) {
    await rig[Symbol.asyncDispose]()
    throw error
  }
}

const over = async (rig: Rig, options: Options) => {
  if (options.initially !== "stopped") await rig.startVm()
  // Not below the rig's directory: what runs from there is the host's.
  const keys = mkdtempSync(join(tmpdir(), "breakglass-keys-"))
  const agent = await keyAgent(`${keys}/pve`, `${rig.dir}/ssh/client`)
  const shim = makeShim(rig)
  const env = { ...settings(rig, agent.socket, shim.file), ...options.env }
  const more = {
    ...(options.bin && { bin: options.bin }),
    ...(options.home && { home: options.home }),
    ...(options.under && { under: options.under })
  }
  const forget = () => {
    if (agent.child.pid !== undefined) end(agent.child.pid)
    rmSync(keys, { recursive: true, force: true })
  }
  const server = await startServer({ env, ...more }).catch((error: unknown) => Promise.reject(error).finally(forget))
  return {
    rig,
    shim,
    agent,
    server,
    env,
    /** The server alone starts again, in the state it left. */
    again: () => startServer({ env, ...more, home: server.home }),
    ...client(server),
    [Symbol.asyncDispose]: async () => {
      forget()
      await rig[Symbol.asyncDispose]()
      await discard(server)
    }
  }
}

export type Power = Awaited<ReturnType<typeof startPower>>

/** What an operator's page does with a server. */
export const client = (server: Awaited<ReturnType<typeof startServer>>) => {
  const ask = (verb: Verb, op_id: string = randomUUID(), confirm: string = target) =>
    server.post("/api/pve/ops", { verb, op_id, confirm })
  const get = async (op_id: string) => (await (await server.request(`/api/pve/ops/${op_id}`)).json()) as Operation
  const watch = async () => openReader(await server.request("/api/pve/stream"))
  const ended = async (reader: Reader, op_id: string) => {
    await reader.until((frame) => {
      const event = vmEvent(frame)
      return event?.kind === "operation" && event.op.op_id === op_id && event.op.ended_at !== null
    })
    return get(op_id)
  }
  const run = async (verb: Verb, op_id: string = randomUUID()) => {
    const reader = await watch()
    const answer = await ask(verb, op_id)
    if (answer.status !== 202) throw new Error(`${verb} was answered ${answer.status}: ${await answer.text()}`)
    const operation = await ended(reader, op_id)
    await reader.close()
    return { operation, phases: phasesOf(reader, op_id), took: took(operation) }
  }
  return { ask, get, watch, ended, run }
}

const took = ({ started_at, ended_at }: Operation) => Date.parse(ended_at ?? "") - Date.parse(started_at)

type Frame = Reader["frames"][number]

export const statusOf = (frame: Frame): Status | undefined =>
  frame.event === "status" ? (JSON.parse(frame.data) as Status) : undefined

/** Each phase once, as it came. */
export const phasesOf = (reader: Reader, op_id: string): ReadonlyArray<string> =>
  distinct(
    reader.frames.flatMap((frame) => {
      const event = vmEvent(frame)
      return event?.kind === "operation" && event.op.op_id === op_id ? [event.op.phase] : []
    })
  )

export const phase = (op_id: string, name: string) => (frame: Frame) => {
  const event = vmEvent(frame)
  return event?.kind === "operation" && event.op.op_id === op_id && event.op.phase === name
}

const settings = (rig: Rig, socket: string, ssh: string) => ({
  BREAKGLASS_SSH: ssh,
  BREAKGLASS_PVE_HOST: "127.0.0.1",
  BREAKGLASS_PVE_USER: "root",
  BREAKGLASS_PVE_AUTH_SOCK: socket,
  BREAKGLASS_PVE_KNOWN_HOSTS: `${rig.dir}/ssh/known_hosts`,
  BREAKGLASS_TARGET_NAME: target
})
