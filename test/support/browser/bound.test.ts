/** What the browsers of these tests are started with. */
import { assert, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { alive, eventually } from "../server/processes.ts"
import { bound } from "./bound.ts"

it("ends with the process that started it, even one that was killed", async () => {
  const script = `
    const { bound } = await import(${JSON.stringify(join(import.meta.dirname, "bound.ts"))})
    const { child, said } = bound("sh", ["-c", "echo up >&2; exec sleep 300"], { stdio: ["ignore", "ignore", "pipe"] })
    await said(/(up)/)
    console.log(child.pid)
    process.kill(process.pid, "SIGKILL")`
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const [line] = (await once(parent.stdout, "data")) as [Buffer]
  const pid = Number(String(line))
  assert.isAbove(pid, 1)
  await eventually(() => !alive(pid))
})

it("one that ends before it said what was waited for is an error with what it said", async () => {
  const { said } = bound("sh", ["-c", "echo no display >&2"], { stdio: ["ignore", "ignore", "pipe"] })
  const error: unknown = await said(/listening on (\S+)/).catch((thrown: unknown) => thrown)
  assert.include(String(error), "no display")
})
