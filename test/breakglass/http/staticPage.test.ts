/** HTTP-09: of all files there are, the build's and no other. */
import { assert, describe, it } from "@effect/vitest"
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { discard, dist, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { raw } from "../../support/http/raw.ts"

const built = dist("web")
/** Names that no build makes; others may be served from there meanwhile. */
const own = `zq-${process.pid}`
const secret = "zq-of-nobody's-business"
const planted = [join(built, own), join(built, "assets", own), join(built, `${own}-directory`)]

describe("HTTP-09 a file", () => {
  let server: Server
  const files = readdirSync(built, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(built, join(entry.parentPath, entry.name)))
  beforeAll(async () => {
    server = await startServer()
    const outside = join(server.home, "outside")
    mkdirSync(outside)
    writeFileSync(join(outside, "secret"), secret)
    symlinkSync(join(outside, "secret"), join(built, own))
    symlinkSync(join(outside, "secret"), join(built, "assets", own))
    symlinkSync(outside, join(built, `${own}-directory`))
  })
  afterAll(async () => {
    for (const path of planted) rmSync(path, { force: true })
    await discard(server)
  })
  const ask = (path: string) => raw(server.url, { line: `GET ${path}` })

  it("of the build is served; a map of its source is not made, and not served", async () => {
    assert.isAbove(files.length, 8)
    for (const file of files) {
      assert.strictEqual((await ask(`/${file}`)).status, 200, file)
      assert.notMatch(file, /\.map$/)
      assert.strictEqual((await ask(`/${file}.map`)).status, 404)
      assert.notInclude((await ask(`/${file}`)).body, "sourceMappingURL")
    }
  })

  it("outside of it is not, by a link that leads there", async () => {
    for (const path of [`/${own}`, `/assets/${own}`, `/${own}-directory/secret`, `/assets/../${own}`]) {
      const { status, body } = await ask(path)
      assert.notInclude(body, secret, path)
      assert.strictEqual(status, 404, path)
    }
  })

  const up = [
    "/../package.json",
    "/%2e%2e/package.json",
    "/%2e%2e%2fpackage.json",
    "/..%2fpackage.json",
    "/..%5cpackage.json"
  ]
  const deep = [
    "/assets/../../../package.json",
    "/assets/%2e%2e/%2e%2e/%2e%2e/package.json",
    "/assets/..%2f..%2f..%2fpackage.json"
  ]
  const twice = [
    "/%252e%252e%252fpackage.json",
    "/....//package.json",
    "/..;/package.json",
    "/%c0%ae%c0%ae/package.json",
    "/%c0%ae"
  ]
  const rooted = [
    "//etc/passwd",
    "///etc/passwd",
    "/%2fetc/passwd",
    "/etc/passwd",
    "/assets//etc/passwd",
    "/file:///etc/passwd"
  ]
  const hidden = ["/.env", "/.git/config", "/.", "/..", "/assets/.", "/assets/..", "/assets", "/assets/"]
  const odd = [
    "/%00",
    "/a%00.js",
    "/index.html%00",
    "/index.html/",
    "/assets/../index.html/",
    "/index.html%20",
    "/INDEX.HTML",
    "/%",
    "/%zz"
  ]
  for (const path of [
    ...up,
    ...deep,
    ...twice,
    ...rooted,
    ...hidden,
    ...odd,
    `/${"a".repeat(300)}`,
    `/${"a/".repeat(300)}`
  ]) {
    it(`is none: ${path.slice(0, 60)}`, async () => {
      const { status, headers, body } = await ask(path)
      assert.include([400, 404], status)
      assert.strictEqual(headers.get("content-type"), "application/problem+json")
      for (const word of ["root:", "breakglass", "repositoryformatversion"]) assert.notInclude(body, word)
    })
  }
})
