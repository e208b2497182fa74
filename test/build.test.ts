/** What `npm run build` makes: a server that needs nothing but itself, the page and what the agent is given. */
import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { dist, root, token } from "./support/server/BreakglassServer.ts"

interface SourceMap {
  readonly sources: ReadonlyArray<string>
}

const under = (directory: string, ending: string) =>
  readdirSync(dist(directory), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => ({ name: `${directory}/${name}`, text: readFileSync(dist(`${directory}/${name}`), "utf8") }))

const sourcesOf = (directory: string) =>
  under(directory, ".map").flatMap(({ text }) => (JSON.parse(text) as SourceMap).sources)

describe("the build", () => {
  it("has a page without Effect", () => {
    const scripts = under("web", ".js")
    assert.isNotEmpty(scripts)
    assert.deepStrictEqual(
      scripts.filter(({ text }) => text.includes("~effect/")).map(({ name }) => name),
      []
    )
  })

  it("has a server without the demo", () => {
    const ofDemo = (directory: string) => sourcesOf(directory).filter((path) => path.includes("/demo/"))
    const saying = (directory: string) =>
      under(directory, ".cjs").filter(({ text }) => text.includes("breakglass-demo-"))
    assert.isNotEmpty(ofDemo("demo"))
    assert.isNotEmpty(saying("demo"))
    assert.isNotEmpty(sourcesOf("server"))
    assert.deepStrictEqual(ofDemo("server"), [])
    assert.deepStrictEqual(saying("server"), [])
  })

  it("has nothing in it but packages and what its mark is made of, and no path of the machine it was built on", () => {
    const files = ["server", "demo"].flatMap((directory) => [...under(directory, ".cjs"), ...under(directory, ".map")])
    assert.isNotEmpty(files)
    const places = [root, realpathSync(root), homedir(), tmpdir()].map((place) => `${place}/`)
    assert.deepStrictEqual(
      files.filter(({ text }) => places.some((place) => text.includes(place))).map(({ name }) => name),
      []
    )
    const sources = [...sourcesOf("server"), ...sourcesOf("demo")]
    assert.deepStrictEqual(
      sources.filter((path) => !/^\.\.\/\.\.\/(src\/|node_modules\/|package\.json$)/.test(path)),
      []
    )
  })

  it("names every class in its stacks as the source does", () => {
    const code = under("server", ".cjs")
      .map(({ text }) => text)
      .join("\n")
    for (const name of ["Session", "SubprocessRunner", "PveVerbs", "Auth", "Journal"]) {
      assert.match(code, new RegExp(`\\bclass ${name} extends|\\b${name}=class( ${name})? extends`))
    }
  })
})

/** Preloaded: on SIGUSR2 the server says which of Node's modules are loaded. */
const list = 'process.on("SIGUSR2", () => process._rawDebug(JSON.stringify(process.moduleLoadList)))'
const lists = `data:text/javascript,${encodeURIComponent(list)}`

describe("the server where nothing is installed but what the image copies of the project", () => {
  const home = mkdtempSync(join(tmpdir(), "breakglass-build-"))
  const child = { end: async () => {}, loaded: async (): Promise<ReadonlyArray<string>> => [] }
  let url: string
  beforeAll(async () => {
    for (const path of ["dist/server", "dist/web"]) cpSync(dist(path.slice(5)), `${home}/${path}`, { recursive: true })
    cpSync(join(root, "agents"), `${home}/agents`, { recursive: true })
    cpSync(join(root, "package.json"), `${home}/package.json`)
    const server = spawn(process.execPath, [`${home}/dist/server/main.cjs`], {
      cwd: home,
      env: { HOME: home, PATH: "/usr/bin:/bin", PORT: "0", API_BEARER_TOKEN: token, NODE_OPTIONS: `--import ${lists}` },
      stdio: ["ignore", "pipe", "pipe"]
    })
    child.loaded = () =>
      new Promise((settle) => {
        let said = ""
        server.stderr.setEncoding("utf8").on("data", (text: string) => {
          const [list] = /^\[.*\]$/m.exec((said += text)) ?? []
          if (list !== undefined) settle(JSON.parse(list) as ReadonlyArray<string>)
        })
        server.kill("SIGUSR2")
      })
    child.end = () =>
      new Promise((settle) => {
        server.once("exit", () => settle())
        server.kill()
      })
    url = await new Promise((settle, fail) => {
      let said = ""
      server.stdout.setEncoding("utf8").on("data", (text: string) => {
        const [, listening] = /Listening on (http:[^"]+)"/.exec((said += text)) ?? []
        if (listening !== undefined) settle(listening)
      })
      server.once("exit", () => fail(new Error(said)))
    })
  })
  afterAll(async () => {
    await child.end()
    rmSync(home, { recursive: true })
  })

  const asked = (path: string) => fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })

  it("has not loaded the fetch of Node", async () => {
    const loaded = await child.loaded()
    assert.include(loaded, "NativeModule http")
    assert.notInclude(loaded, "NativeModule internal/deps/undici/undici")
  })

  it("is there, with the page, and with a journal that its worker keeps", async () => {
    assert.strictEqual((await asked("/health")).status, 200)
    assert.include(await (await asked("/")).text(), "<!doctype html>")
    assert.strictEqual(
      (await fetch(`${url}/api/session`, { headers: { authorization: `Bearer ${token}` } })).status,
      200
    )
  })

  it("serves nothing of itself", async () => {
    for (const { name } of under("server", "")) {
      for (const path of [name, name.slice("server/".length), `../${name}`, `%2e%2e/${name}`, `assets/../../${name}`]) {
        assert.strictEqual((await asked(`/${path}`)).status, 404, path)
      }
    }
  })
})
