/** A program that ends with the process that started it, however that ends: a browser outlives no test. */
import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process"
import type { Readable } from "node:stream"

export interface Bound {
  readonly child: ChildProcess
  /** The first group of what one of its outputs, by its number, says first of this kind. */
  said(what: RegExp, output?: number): Promise<string>
  /** Ends it, and settles once it has ended. */
  end(): Promise<void>
}

export const bound = (program: string, args: ReadonlyArray<string>, options: SpawnOptions): Bound => {
  const child = spawn("setpriv", ["--pdeathsig", "KILL", program, ...args], options)
  const gone = new Promise<void>((settle) => child.once("exit", () => settle()).once("error", () => settle()))
  // After its exit what it said may still be in the pipe.
  const silent = new Promise<void>((settle) => child.once("close", () => settle()).once("error", () => settle()))
  return {
    child,
    said: (what, output = 2) =>
      new Promise((settle, fail) => {
        let text = ""
        ;(child.stdio[output] as Readable).setEncoding("utf8").on("data", (more: string) => {
          text += more
          const [, found] = what.exec(text) ?? []
          if (found !== undefined) settle(found)
        })
        void silent.then(() => fail(new Error(`${program} ended before it said ${String(what)}: ${text}`)))
      }),
    end: () => {
      child.kill()
      return gone
    }
  }
}
