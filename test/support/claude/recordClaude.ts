/**
 * Records a real CLI anew: `node test/support/claude/recordClaude.ts oldest|newest [name...]` writes test/fixtures/claude/turn-*,
 * of the newest in a folder named for its version.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { type End, realBench, realClis } from "./claudeBench.ts"
import { recordedOnly, scenarios } from "./claudeScenarios.ts"

const [asked, ...wanted] = process.argv.slice(2)
const end: End = asked === "oldest" ? "oldest" : "newest"
const fixtures = resolve(import.meta.dirname, "../../fixtures/claude")
const folder = end === "oldest" ? fixtures : join(fixtures, realClis.newest.version)
mkdirSync(folder, { recursive: true })

for (const [name, play] of Object.entries({ ...scenarios, ...recordedOnly })) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const bench = await realBench(end)
  const { raw, code, stderr } = await play(bench)
  const scrub = (text: string) =>
    text
      .replaceAll(bench.home, "/home/op")
      .replaceAll(bench.cwd, "/workspace")
      .replaceAll(bench.cwd.replaceAll(/[^a-zA-Z0-9]/g, "-"), "-workspace")
      .replaceAll(new URL(bench.api.url).host, "127.0.0.1:PORT")
      .replaceAll(new URL(bench.api.url).port, "PORT")
  writeFileSync(join(folder, `${name}.ndjson`), raw.map((line) => scrub(line) + "\n").join(""))
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ code, stderr: scrub(stderr) }, null, 2) + "\n")
  await bench.dispose()
}
