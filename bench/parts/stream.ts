/**
 * The stream part: one event to a hundred readers against a bare node:http, the journal against a bare node:sqlite, and a
 * reader that attaches to a long session. On loopback, both sides in the same run: the ratios say something anywhere, the
 * figures only here.
 */
import { Effect } from "effect"
import { fork } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { journalWorker } from "../../src/breakglass/root.ts"
import * as Journal from "../../src/core/journal/Journal.ts"
import type { Said, Told } from "./fanout.ts"
import { print } from "./print.ts"

const readers = 100
const newline = 10

export const run = async (): Promise<void> => {
  await fanOut("one event a turn", 1200, 1, 2)
  await fanOut("fifty events a turn", 6000, 50, 1)
  await journal(1, 4000)
  await journal(20, 40_000)
  await longSession(50_000)
}

interface Figures {
  /** Microseconds of the server's CPU. */
  readonly perFrame: number
  readonly framesPerSecond: number
}

const fanOut = async (what: string, events: number, burst: number, limit: number) => {
  const [bare, ours]: [Array<Figures>, Array<Figures>] = [[], []]
  for (let round = 0; round < 3; round++) {
    bare.push(await sent("bare", events, burst))
    ours.push(await sent("ours", events, burst))
  }
  const cpu = [ours, bare].map((all) => median(all.map(({ perFrame }) => perFrame)))
  const rate = [ours, bare].map((all) => median(all.map(({ framesPerSecond }) => framesPerSecond)))
  const [ourCpu = 0, bareCpu = 1] = cpu
  const [ourRate = 1, bareRate = 0] = rate
  print(`${readers} readers, ${what}: server CPU a frame, over bare`, ourCpu / bareCpu, limit, "x")
  print(`${readers} readers, ${what}: time a frame, over bare`, bareRate / ourRate, limit, "x")
  note(`CPU a frame ${ourCpu.toFixed(2)} us, bare ${bareCpu.toFixed(2)} us`)
  note(`${Math.round(ourRate)} frames/s delivered, bare ${Math.round(bareRate)}`)
}

const sent = async (how: "bare" | "ours", events: number, burst: number): Promise<Figures> => {
  const server = await start(how)
  const clients = await Promise.all(Array.from({ length: readers }, () => attach(server.port)))
  const warm = 200 - (200 % burst)
  await Promise.all([server.emit(warm, burst), ...clients.map(({ frames }) => frames(1 + warm))])
  const before = await server.usage()
  const began = performance.now()
  await Promise.all([server.emit(events, burst), ...clients.map(({ frames }) => frames(1 + warm + events))])
  const seconds = (performance.now() - began) / 1000
  const { cpu } = await server.usage()
  for (const { socket } of clients) socket.destroy()
  server.stop()
  return { perFrame: (cpu - before.cpu) / (events * readers), framesPerSecond: (events * readers) / seconds }
}

const start = async (how: "bare" | "ours") => {
  const child = fork(join(import.meta.dirname, "fanout.ts"), [how])
  const heard = <A extends Said>(is: (said: Said) => said is A) =>
    new Promise<A>((settle) =>
      child.on("message", function hear(said: Said) {
        if (!is(said)) return
        child.off("message", hear)
        settle(said)
      })
    )
  const tell = (told: Told) => void child.send(told)
  const { port } = await heard((said): said is { port: number } => typeof said === "object" && "port" in said)
  return {
    port,
    emit: (emit: number, burst: number) => {
      tell({ emit, burst })
      return heard((said): said is "emitted" => said === "emitted")
    },
    usage: () => {
      tell("usage")
      return heard((said): said is { cpu: number; resident: number } => typeof said === "object" && "cpu" in said)
    },
    stop: () => child.disconnect()
  }
}

/** A reader that counts frames and looks at nothing. */
const attach = async (port: number): Promise<{ socket: Socket; frames: (count: number) => Promise<void> }> => {
  const socket = connect(port, "127.0.0.1")
  let [seen, wanted, reached, open] = [0, Number.POSITIVE_INFINITY, () => {}, false]
  socket.on("data", (chunk) => {
    // A frame's end may come in two pieces.
    if (open && chunk[0] === newline) seen += 1
    for (let at = chunk.indexOf("\n\n"); at !== -1; at = chunk.indexOf("\n\n", at + 2)) seen += 1
    open = chunk.at(-1) === newline && chunk.at(-2) !== newline
    if (seen >= wanted) reached()
  })
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
  const frames = (count: number) =>
    new Promise<void>((settle) => {
      wanted = count
      reached = settle
      if (seen >= wanted) settle()
    })
  await frames(1)
  return { socket, frames }
}

const journal = async (batch: number, events: number) => {
  const directory = mkdtempSync(join(tmpdir(), "breakglass-bench-"))
  const rows = (from: number) =>
    Array.from({ length: batch }, (_, at) => ({
      id: from + at,
      at: "2026-01-01T00:00:00.000Z",
      json: JSON.stringify({ kind: "text", text: "x".repeat(116), id: from + at }),
      full: null
    }))
  const db = new DatabaseSync(join(directory, "bare.db"))
  db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
  db.exec("CREATE TABLE event (log TEXT, id INTEGER, at TEXT, json TEXT, PRIMARY KEY (log, id)) WITHOUT ROWID")
  const insert = db.prepare("INSERT INTO event VALUES (?, ?, ?, ?)")
  const bare = timed(() => {
    for (let id = 0; id < events; id += batch) {
      db.exec("BEGIN IMMEDIATE")
      for (const row of rows(id)) insert.run("bench", row.id, row.at, row.json)
      db.exec("COMMIT")
    }
  })
  db.close()
  const ours = await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const own = yield* Journal.make({
          directory,
          quota: { session: 2 ** 40, total: 2 ** 40 },
          worker: journalWorker
        })
        yield* own.createSession({ id: "bench", created_at: "2026-01-01T00:00:00.000Z", cli_id: "x" })
        const began = performance.now()
        for (let id = 0; id < events; id += batch) yield* own.append("bench", rows(id))
        return performance.now() - began
      })
    )
  )
  rmSync(directory, { recursive: true })
  // A transaction is a round trip to the journal's thread, about 40 us; bare waits for the disk in its own.
  const limit = batch === 1 ? 8 : 4
  print(`journal, ${batch} a transaction: time an event, over bare node:sqlite`, ours / bare, limit, "x")
  note(`${Math.round((events / ours) * 1000)} events/s, bare ${Math.round((events / bare) * 1000)}`)
}

const timed = (work: () => void): number => {
  const began = performance.now()
  work()
  return performance.now() - began
}

const longSession = async (events: number) => {
  const server = await start("ours")
  await server.emit(events, 500)
  const warm = await attach(server.port)
  await warm.frames(events)
  warm.socket.destroy()
  const { resident } = await server.usage()
  const began = performance.now()
  const reader = await attach(server.port)
  await reader.frames(events)
  const took = performance.now() - began
  print(`attach to ${events} events: until the last is there`, took, 2000, "ms")
  print("the server's memory grows by", Math.max(0, (await server.usage()).resident - resident) / 1e6, 20, "MB")
  reader.socket.destroy()
  server.stop()
}

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const note = (words: string) => process.stdout.write(`     ${words}\n`)
