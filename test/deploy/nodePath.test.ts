/** The pinned Node is found wherever npm left it: npm before 11.8 makes no node_modules/.bin/node of the two that claim it. */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"
import { root } from "../support/server/BreakglassServer.ts"

interface Lock {
  readonly packages: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const read = (file: string) => readFileSync(join(root, file), "utf8")
const { optionalDependencies, scripts } = JSON.parse(read("package.json")) as {
  readonly optionalDependencies: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
}
const pinned = `v${Object.values(optionalDependencies)[0]}`
const own = `node-linux-${process.arch}`

/** A command as somebody with this Node and this npm on PATH gives it. */
const withOld = (cwd: string, node: string, npm: string, command: string) =>
  execFileSync("npx", ["-y", "-p", `${own}@${node}`, "-p", `npm@${npm}`, "-c", `(${command}) 2>&1 || true`], {
    cwd,
    encoding: "utf8",
    // A registry that does not answer is an error here, not a test that never ends.
    timeout: 100_000
  })

describe("the pinned Node", { timeout: 120_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), "breakglass-node-path-"))
  beforeAll(() => {
    // The two packages alone, as this project asks for them and has them locked.
    writeFileSync(`${dir}/package.json`, JSON.stringify({ name: "of-two", version: "1.0.0", optionalDependencies }))
    const lock = JSON.parse(read("package-lock.json")) as Lock
    const packages = Object.entries(lock.packages).filter(([path]) => path.startsWith("node_modules/node-linux-"))
    const all = Object.fromEntries([["", { name: "of-two", version: "1.0.0", optionalDependencies }], ...packages])
    writeFileSync(`${dir}/package-lock.json`, JSON.stringify({ ...lock, name: "of-two", packages: all }))
    cpSync(join(root, ".npmrc"), `${dir}/.npmrc`)
    cpSync(join(root, "deploy/node-path"), `${dir}/deploy/node-path`)
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it("is found on a machine with Node 20 and npm 10.9, which leaves node_modules/.bin/node out", () => {
    const said = withOld(dir, "20.20.2", "10.9.4", "npm ci >&2; npm -v; node -v; . deploy/node-path; node -v")
    assert.deepStrictEqual(said.trim().split("\n").slice(-3), ["10.9.4", "v20.20.2", pinned])
    assert.isFalse(existsSync(`${dir}/node_modules/.bin/node`))
  })

  it("when it is not there and the Node on PATH is too old, one line says what is needed", () => {
    const said = withOld(`${dir}/deploy`, "18.20.8", "10.9.4", ". ./node-path; echo began")
    assert.match(
      said,
      /^breakglass needs Node 22\.19 or newer\. The Node on PATH: v18\.20\.8\. .* Nothing was started\.\n$/
    )
  })

  it("is what every script runs that runs a program of Node's", () => {
    const without = Object.entries(scripts).filter(([, script]) => !script.startsWith(". deploy/node-path && "))
    assert.deepStrictEqual(
      without.map(([name]) => name),
      ["need"]
    )
    assert.strictEqual(scripts["need"], "sh test/need && npm run -s place-cli && npm run -s build")
  })

  it("is on the unit's PATH by the places its packages have it", () => {
    const path = /^Environment=PATH=(\S+)$/m.exec(read("deploy/breakglass.service"))?.[1]?.split(":") ?? []
    const places = Object.keys(optionalDependencies).map((name) => `/opt/breakglass/node_modules/${name}/bin`)
    assert.deepStrictEqual(path.slice(0, places.length).sort(), places.sort())
    assert.match(
      read("deploy/breakglass.service"),
      /^ExecStart=!\S+with-keys breakglass \S+ node dist\/server\/main\.cjs$/m
    )
  })
})
