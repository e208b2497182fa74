/**
 * The fake is held to the recordings, and the recordings to the real CLI: the same conversations are held with both.
 * What either says is compared as `speech` reduces it.
 */
import { assert, describe, it } from "@effect/vitest"
import { randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { type Bench, fakeBench, type Instead, productArgs, realBench } from "../support/claudeBench.ts"
import { fresh, type Scenario, scenarios } from "../support/claudeScenarios.ts"
import { speech } from "../support/claudeSpeech.ts"

const recordings = resolve(import.meta.dirname, "../fixtures/claude")
const clis = { fake: fakeBench, real: realBench }

const on = async <A>(bench: Promise<Bench>, use: (bench: Bench) => Promise<A>): Promise<A> => {
  const ready = await bench
  try {
    return await use(ready)
  } finally {
    await ready.dispose()
  }
}

/** How it ended, without the ids it named. */
const ending = ({ code, stderr }: { readonly code: number | null; readonly stderr: string }) => ({
  code,
  stderr: stderr.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uuid>")
})

interface Refusal {
  readonly play: Scenario
  readonly stderr: RegExp
  /** The lines on stdout; none unless said. */
  readonly says?: ReadonlyArray<string>
}

/** Starts it otherwise than the product does, says one thing and ends stdin. */
const start =
  (args: ReadonlyArray<string>, instead?: Instead): Scenario =>
  (bench) => {
    const claude = bench.start(args, instead)
    claude.say("\nhi")
    claude.end()
    return claude.ended
  }

const feed =
  (raw: string): Scenario =>
  (bench) => {
    const claude = bench.start(fresh())
    claude.write(raw)
    claude.end()
    return claude.ended
  }

const without = (flag: string, length: number): Instead => ({
  product: productArgs.toSpliced(productArgs.indexOf(flag), length)
})

const refusals: Readonly<Record<string, Refusal>> = {
  "an unknown option": {
    play: start([...fresh(), "--nope"]),
    stderr: /^error: unknown option '--nope'\n/
  },
  "an option without its value": {
    play: start([...fresh(), "--model"]),
    stderr: /^error: option '--model <model>' argument missing\n$/
  },
  "stream-json output without --verbose": {
    play: start(fresh(), without("--verbose", 1)),
    stderr: /^Error: When using --print, --output-format=stream-json requires --verbose\n$/
  },
  "stream-json input without stream-json output": {
    play: start(fresh(), without("--output-format", 2)),
    stderr: /^Error: --input-format=stream-json requires output-format=stream-json\.\n$/
  },
  "a session id that is no UUID": {
    play: start(["--session-id", "abc"]),
    stderr: /^Error: Invalid session ID. Must be a valid UUID\.\n$/
  },
  "to resume what is no UUID": {
    play: start(["--resume", "abc"]),
    stderr: /^Error: --resume requires a valid session ID .* Provided value "abc" is not a UUID/,
    says: ["result/error_during_execution"]
  },
  "--resume together with --session-id": {
    play: start([...fresh(), "--resume", randomUUID()]),
    stderr: /^Error: --session-id can only be used with --continue or --resume if --fork-session is also specified\.\n$/
  },
  ...(process.getuid?.() === 0 && {
    "to skip permissions as root, with no sandbox asserted": {
      play: start(fresh(), { variables: { IS_SANDBOX: "" } }),
      stderr: /^--dangerously-skip-permissions cannot be used with root\/sudo privileges for security reasons\n$/
    }
  }),
  "a line that is not JSON": {
    play: feed("rubbish\n"),
    stderr: /^Error parsing streaming input line: rubbish: SyntaxError: /
  },
  "a line of blanks": {
    play: feed("   \n"),
    stderr: /^Error parsing streaming input line: {4}: SyntaxError: /
  },
  "a line that is null": {
    play: feed("null\n"),
    stderr: /^Error parsing streaming input line: null: TypeError: /
  },
  "a user line without a message": {
    play: feed('{"type":"user"}\n'),
    stderr: /^Error parsing streaming input line: \{"type":"user"\}: TypeError: /
  },
  "a message in another role": {
    play: feed('{"type":"user","message":{"role":"assistant","content":"x"}}\n'),
    stderr: /^Error: Expected message role 'user', got 'assistant'\n$/
  }
}

for (const [cli, bench] of Object.entries(clis)) {
  describe(`the ${cli} Claude CLI`, () => {
    for (const [name, play] of Object.entries(scenarios)) {
      it(`speaks as recorded: ${name}`, async () => {
        const lines = readFileSync(join(recordings, `${name}.ndjson`), "utf8")
          .split("\n")
          .filter(Boolean)
        const recorded = lines.map((line) => JSON.parse(line))
        const said = await on(bench(), play)
        assert.deepStrictEqual(speech(said.lines), speech(recorded))
        assert.strictEqual(said.raw.length, said.lines.length, "every line is JSON")
        const recordedEnding = JSON.parse(readFileSync(join(recordings, `${name}.json`), "utf8"))
        assert.deepStrictEqual(ending(said), ending(recordedEnding))
      })
    }

    for (const [name, { play, stderr, says }] of Object.entries(refusals)) {
      it(`refuses ${name}`, async () => {
        const said = await on(bench(), play)
        assert.strictEqual(said.code, 1)
        assert.match(said.stderr, stderr)
        assert.deepStrictEqual(
          said.lines.map(({ type, subtype }) => [type, subtype].filter(Boolean).join("/")),
          says ?? []
        )
      })
    }

    it("ignores lines of unknown type, empty lines and arrays", async () => {
      const said = await on(bench(), feed('{"type":"nothing_known"}\n\n[1]\n'))
      assert.deepStrictEqual([said.code, said.stderr, said.raw], [0, "", []])
    })

    it("acknowledges an interrupt when idle, and a control request it does not know", async () => {
      const said = await on(bench(), async (bench) => {
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
        const said = await on(bench(), async (bench) => {
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
      const transcript = await on(bench(), async (bench) => {
        const claude = bench.start(["--session-id", id])
        claude.say("\nremember me")
        await claude.line(({ type }) => type === "result")
        claude.end()
        await claude.ended
        const folder = bench.cwd.replaceAll(/[^a-zA-Z0-9]/g, "-")
        return readFileSync(join(bench.home, ".claude/projects", folder, `${id}.jsonl`), "utf8")
      })
      assert.include(transcript, String.raw`{"type":"text","text":"\nremember me"}`)
    })
  })
}
