/** How long a verb takes beside people who have shown no credential, and do their worst; what it takes with nobody there. */
import { rmSync } from "node:fs"
import { Worker } from "node:worker_threads"
import { discard, type Server, startServer } from "../../test/support/server/BreakglassServer.ts"
import { programs } from "../../test/support/server/processes.ts"
import { print } from "./print.ts"

const verbs = 100
const login = (server: Server, length: number) =>
  `POST /api/login HTTP/1.1\r\nHost: ${new URL(server.url).host}\r\nOrigin: ${server.url}\r\n` +
  `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`
const keys = `{${Array.from({ length: 40_000 }, (_, at) => `"k${at}":1`).join()}}`
const bodies = { "JSON of 40,000 keys": keys, "deep JSON": "[".repeat(200_000), "wrong tokens": '{"token":"wrong"}' }

const p99 = async (server: Server): Promise<number> => {
  const took: Array<number> = []
  for (let at = 0; at < verbs; at++) {
    const began = performance.now()
    const answer = await server.post("/api/pve/status")
    await answer.text()
    if (answer.status !== 200) throw new Error(`a verb was answered ${answer.status}`)
    took.push(performance.now() - began)
  }
  return took.sort((a, b) => a - b)[Math.floor(verbs * 0.99) - 1] ?? Number.NaN
}

/** In a thread of its own: what is measured here must not wait for what is sent there. */
const crowd = (server: Server, size: number, bytes: string): (() => Promise<unknown>) => {
  const worker = new Worker(new URL("./crowd.ts", import.meta.url), { workerData: { url: server.url, size, bytes } })
  return () => worker.terminate()
}

export const run = async () => {
  const { bin, env } = programs({ ssh: "echo status: running" })
  const server = await startServer({ env })
  await p99(server)
  const alone = await p99(server)
  for (const [what, body] of Object.entries(bodies)) {
    const stop = crowd(server, 4, login(server, body.length) + body)
    print(
      `a verb's p99 beside 4 strangers with ${what}, above ${alone.toFixed(0)} ms alone`,
      (await p99(server)) - alone,
      100,
      "ms"
    )
    await stop()
  }
  const stop = crowd(server, 500, `${login(server, 4000)}{`)
  print(`beside 500 slow bodies, above ${alone.toFixed(0)} ms alone`, (await p99(server)) - alone, 100, "ms")
  await stop()
  await discard(server)
  rmSync(bin, { recursive: true })
}
