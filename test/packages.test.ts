/** Facts about what is installed, at run time and for the tests. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./support/server/project.ts"

interface Package {
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}
interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly license?: string }>>
}

const read = (path: string) => readFileSync(join(root, path), "utf8")
const pkg: Package = JSON.parse(read("package.json"))
const lock: Lock = JSON.parse(read("package-lock.json"))

/** Everything installed at run time, but the CLI's and Node's binaries. redis is a peer that platform-node insists on. */
const allowed: ReadonlyArray<string> = [
  "@anthropic-ai/claude-code",
  "@cfworker/json-schema",
  "@effect/platform-node",
  "@effect/platform-node-shared",
  "@redis/bloom",
  "@redis/client",
  "@redis/json",
  "@redis/search",
  "@redis/time-series",
  "@types/node",
  "@types/ws",
  "effect",
  "redis",
  "undici",
  "undici-types",
  "ws"
]

describe("the packages", () => {
  it("are pinned exactly", () => {
    const all = Object.entries({ ...pkg.dependencies, ...pkg.devDependencies, ...pkg.optionalDependencies })
    assert.deepStrictEqual(
      all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)),
      []
    )
  })

  it("are locked by integrity, without an address", () => {
    assert.notInclude(read("package-lock.json"), '"resolved"')
  })

  it("run no pre or post script: with ignore-scripts npm would leave it out and not say so", () => {
    const names = Object.keys(pkg.scripts)
    assert.deepStrictEqual(
      names.filter((name) => names.some((other) => name === `pre${other}` || name === `post${other}`)),
      []
    )
    assert.include(read(".npmrc"), "ignore-scripts=true")
  })

  it("SUP-02: at run time are the ones allowed here", () => {
    const installed = Object.entries(lock.packages).filter(([path, { dev }]) => path !== "" && dev !== true)
    const names = installed.map(([path]) => path.replace(/^.*node_modules\//, ""))
    assert.deepStrictEqual(Object.keys(pkg.dependencies), [
      "@anthropic-ai/claude-code",
      "@cfworker/json-schema",
      "@effect/platform-node",
      "effect"
    ])
    assert.deepStrictEqual(
      names.filter((name) => !/^(@anthropic-ai\/claude-code|node-linux)-/.test(name)).sort(),
      allowed
    )
    // The CLI and its binaries, under their vendor's terms.
    const vendor = ["SEE LICENSE IN LICENSE.md", "SEE LICENSE IN README.md"]
    const licenses = new Set(installed.map(([, { license }]) => license ?? "none"))
    assert.deepStrictEqual([...licenses].sort(), ["MIT", ...vendor])
  })
})
