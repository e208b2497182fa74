/**
 * The fake is held to the recordings, and the recordings to the real CLI: the same conversations are held with both.
 * What either says is compared as `speech` reduces it.
 */
import { assert, describe, it } from "@effect/vitest"
import { randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { fakeBench, on, realBench, realClis } from "../support/claude/claudeBench.ts"
import { fresh, scenarios } from "../support/claude/claudeScenarios.ts"
import { speech } from "../support/claude/claudeSpeech.ts"

const recordings = resolve(import.meta.dirname, "../fixtures/claude")
/** The fake speaks as the oldest does. */
const clis = {
  fake: { bench: fakeBench, folder: recordings },
  oldest: { bench: () => realBench("oldest"), folder: recordings },
  newest: { bench: () => realBench("newest"), folder: join(recordings, realClis.newest.version) }
}

/** How it ended, without the ids it named. */
const ending = ({ code, stderr }: { readonly code: number | null; readonly stderr: string }) => ({
  code,
  stderr: stderr.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uuid>")
})

for (const [cli, { bench, folder }] of Object.entries(clis)) {
  describe(`the ${cli} Claude CLI`, () => {
    for (const [name, play] of Object.entries(scenarios)) {
      it(`speaks as recorded: ${name}`, async () => {
        const lines = readFileSync(join(folder, `${name}.ndjson`), "utf8")
          .split("\n")
          .filter(Boolean)
        const recorded = lines.map((line) => JSON.parse(line))
        const said = await on(bench, play)
        assert.deepStrictEqual(speech(said.lines), speech(recorded))
        assert.strictEqual(said.raw.length, said.lines.length, "every line is JSON")
        const recordedEnding = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"))
        assert.deepStrictEqual(ending(said), ending(recordedEnding))
      })
    }

    it("acknowledges an interrupt when idle, and a control request it does not know", async () => {
      const said = await on(bench, async (bench) => {
        const claude = bench.start(fresh())
        claude.interrupt()
        claude.write('{"type":"control_request","request_id":"odd","request":{"subtype":"nonsense"}}\n')
        await claude.line(({ response }) => response?.request_id === "odd")
        claude.end()
        return claude.ended
      })
      assert.deepStrictEqual(
        said.lines.map(({ response }) => [response?.request_id, response?.subtype]),
        [
          ["stop", "success"],
          ["odd", "error"]
        ]
      )
      assert.strictEqual(said.code, 0)
    })

    it("exits 143 on SIGTERM and 129 on SIGHUP, without a result", async () => {
      for (const [signal, code] of [["SIGTERM", 143] as const, ["SIGHUP", 129] as const]) {
        const said = await on(bench, async (bench) => {
          const claude = bench.start(fresh())
          claude.say(`\n${bench.words.slow}`)
          await claude.line(({ event }) => event?.type === "content_block_delta")
          claude.kill(signal)
          return claude.ended
        })
        assert.deepStrictEqual([said.code, said.signal], [code, null])
        assert.notInclude(
          said.lines.map(({ type }) => type),
          "result"
        )
      }
    })

    it("keeps the transcript under its HOME, named for its working directory", async () => {
      const id = randomUUID()
      const transcript = await on(bench, async (bench) => {
        const claude = bench.start(["--session-id", id])
        claude.say("\nremember me")
        await claude.line(({ type }) => type === "result")
        claude.end()
        await claude.ended
        const place = bench.cwd.replaceAll(/[^a-zA-Z0-9]/g, "-")
        return readFileSync(join(bench.home, ".claude/projects", place, `${id}.jsonl`), "utf8")
      })
      assert.include(transcript, String.raw`{"type":"text","text":"\nremember me"}`)
    })
  })
}
