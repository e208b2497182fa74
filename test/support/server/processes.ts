/** What a test may know of processes it did not start itself: those of the turns of one server, told by its HOME. */
import { assert } from "@effect/vitest"
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { markerName } from "../../../src/breakglass/agent/profile.ts"
import { discard, root, type Server, stateOfHome } from "./BreakglassServer.ts"

const fileOf = (pid: number | string, name: "environ" | "cmdline" | "status" | "io" | "stat") => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8")
  } catch {
    return ""
  }
}

export const environ = (pid: number) => fileOf(pid, "environ").split("\0")

const all = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

/** Pids with a turn's marker, of the server with this HOME. */
export const marked = (home: string): ReadonlyArray<number> =>
  all().filter((pid) => {
    const entries = environ(pid)
    const inTurn = entries.some((entry) =>
      entry.startsWith(`HOME=${stateOfHome.get(home) ?? join(home, "state")}/turns/`)
    )
    return inTurn && entries.some((entry) => entry.startsWith(`${markerName}=`))
  })

/** The marker of the turn that runs in this session now: its CLI has the session's id in its words. */
export const markerOf = async (session: string) => {
  for (;;) {
    const cli = all().find((pid) => fileOf(pid, "cmdline").includes(session))
    const marker = cli === undefined ? undefined : environ(cli).find((entry) => entry.startsWith(`${markerName}=`))
    if (cli !== undefined && marker !== undefined) return { cli, marker }
    await delay(5)
  }
}

/** Pids with exactly this entry in their environment. */
export const having = (entry: string) => all().filter((pid) => environ(pid).includes(entry))

/** Neither gone nor a zombie that nobody has reaped yet. */
export const alive = (pid: number) => fileOf(pid, "stat") !== "" && !/ \(.*\) Z /s.test(` ${fileOf(pid, "stat")}`)

export const resident = (pid: number) => Number(/VmRSS:\s+(\d+) kB/.exec(fileOf(pid, "status"))?.[1]) * 1024

/** Bytes a process has written. */
export const written = (pid: number) => Number(/wchar: (\d+)/.exec(fileOf(pid, "io"))?.[1] ?? 0)

/** A port on which nobody listens: none that is given to whoever asks for a free one, as any that was free a moment ago is. */
export const nobodys = 2

/** The ports of 127.0.0.1 on which a process listens. */
export const portsOf = (pid: number): ReadonlyArray<number> => {
  const open = sockets(pid)
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, local = "", , state, , , , , , inode = ""]) =>
        local.startsWith("0100007F:") && state === "0A" && open.has(inode)
    )
    .map(([, local = ""]) => parseInt(local.slice(9), 16))
}

const sockets = (pid: number): ReadonlySet<string> => {
  try {
    const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
    return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []))
  } catch {
    // It has ended, or closed one meanwhile: the next look sees more.
    return new Set()
  }
}

/** For what sends no event: looks until it holds. */
export const eventually = async (holds: () => boolean) => {
  while (!holds()) await delay(5)
}

/** A shell command that runs until the test opens the gate: what is to come before its end is asked for, not raced with. */
export const gate = (home: string) => {
  const file = join(home, `gate-${crypto.randomUUID()}`)
  return { command: `until [ -e ${file} ]; do sleep 0.05; done`, open: () => writeFileSync(file, "") }
}

/** All that the CLIs of the server with this HOME has written down of its conversations. */
export const transcripts = (home: string) => {
  const place = stateOfHome.get(home) ?? join(home, "state")
  return readdirSync(place, { encoding: "utf8", recursive: true })
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => readFileSync(join(place, name), "utf8"))
    .join("")
}

/** The fake CLI, as a script. */
export const fakeClaude = `exec "${join(root, "test/fakes/claude")}" "$@"`

/** A directory for PATH with the fake CLI, node, and these programs. */
export const programs = (scripts: Readonly<Record<string, string>> = {}) => {
  const bin = mkdtempSync(join(tmpdir(), "breakglass-bin-"))
  symlinkSync(process.execPath, join(bin, "node"))
  for (const [name, script] of Object.entries({ claude: fakeClaude, ...scripts })) {
    // However it fails at its work, it is one that the server takes for a CLI.
    const known = name === "claude" ? `[ "$1" != --help ] || ${fakeClaude}\n` : ""
    writeFileSync(join(bin, name), `#!/bin/sh\n${known}${script}\n`, { mode: 0o755 })
  }
  return { bin, env: { PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin`, BREAKGLASS_PVE_HOST: "192.0.2.1" } }
}

interface Noted {
  readonly argv?: ReadonlyArray<string>
  readonly pid?: number
  readonly env?: Readonly<Record<string, string>>
  readonly prompt?: string
}

/** What the fake CLI was started with and told, over the life of this HOME. */
export const fakeLog = (home: string): ReadonlyArray<Noted> => {
  const file = join(home, "fake-claude.log")
  if (!existsSync(file)) return []
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Noted]))
}

export const started = (home: string) => fakeLog(home).flatMap(({ argv }) => (argv === undefined ? [] : [argv]))

/** How the newest CLI was told its conversation: `["--resume", id]` or `["--session-id", id]`. */
export const conversation = (home: string) => started(home).at(-1)?.slice(-2) ?? []

export const prompts = (home: string) => fakeLog(home).flatMap(({ prompt }) => (prompt === undefined ? [] : [prompt]))

/** Ends a server of which nothing may run any more but itself. */
export const discardIdle = async (...servers: ReadonlyArray<Server>) => {
  const left = servers.flatMap(({ home }) => marked(home))
  for (const server of servers) await discard(server)
  assert.deepStrictEqual(left, [])
}
