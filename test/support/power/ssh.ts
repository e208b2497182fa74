/** An ssh that says and does what a test wants, where programs are started. */
import { Effect, Layer, Stream } from "effect"
import { make } from "../../../src/breakglass/power/HostLink.ts"
import type { Verb } from "../../../src/contract/Power.ts"
import type { Line } from "../../../src/core/process/lines.ts"
import {
  type Exited,
  type Program,
  type Process,
  SpawnFailed,
  SubprocessRunner
} from "../../../src/core/process/SubprocessRunner.ts"
import { settings } from "../http/requests.ts"

export const opId = "2f9d3c1a-0b7e-4c55-9d0a-1f2e3d4c5b6a"
export const env = { BREAKGLASS_PVE_HOST: "192.168.1.127", BREAKGLASS_SESSIONS_DIR: "/var/lib/breakglass" }

export const line = (text: string): Line => ({ _tag: "Line", text })

export interface Ssh {
  readonly lines?: ReadonlyArray<Line>
  readonly stderr?: string
  readonly exited?: Exited
  readonly more?: Partial<Process>
}
/** Asks an ssh that says and does this; gives also what was started and what was said on the way. */
export const ask = (ssh: Ssh | SpawnFailed, verb: Verb = "status", variables: Record<string, string> = env) =>
  Effect.gen(function* () {
    const started: Array<Program> = []
    const said: Array<string> = []
    let ended = 0
    const running = ({ lines = [], stderr = "", exited = { code: 0, signal: null }, more }: Ssh): Process => ({
      pid: 1,
      lines: Stream.fromIterable(lines),
      stderr: Effect.succeed(stderr),
      exited: Effect.succeed(exited),
      processes: Effect.succeed(new Set<number>()),
      unmarked: Effect.succeed(false),
      end: Effect.sync(() => {
        ended += 1
        return { found: new Set<number>(), survivors: 0 }
      }),
      ...more
    })
    const start = (program: Program) => {
      started.push(program)
      return ssh instanceof SpawnFailed ? Effect.fail(ssh) : Effect.succeed(running(ssh))
    }
    const asking = yield* Effect.provide(
      make(settings(variables).targets[0].pve),
      Layer.succeed(SubprocessRunner, SubprocessRunner.of({ start }))
    )
    const answer = yield* asking(verb, opId, (line) => Effect.sync(() => void said.push(line)))
    return { answer, started, said, ended }
  })
