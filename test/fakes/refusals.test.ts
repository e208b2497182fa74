/** What the real Claude CLI that the fake speaks for refuses, the fake refuses: in the same words, with the same exit code. */
import { assert, describe, it } from "@effect/vitest"
import { randomUUID } from "node:crypto"
import { fakeBench, type Instead, on, productArgs, realBench } from "../support/claude/claudeBench.ts"
import { fresh, type Scenario } from "../support/claude/claudeScenarios.ts"

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

for (const [cli, bench] of Object.entries({ fake: fakeBench, oldest: () => realBench("oldest") })) {
  describe(`the ${cli} Claude CLI`, () => {
    for (const [name, { play, stderr, says }] of Object.entries(refusals)) {
      it(`refuses ${name}`, async () => {
        const said = await on(bench, play)
        assert.strictEqual(said.code, 1)
        assert.match(said.stderr, stderr)
        assert.deepStrictEqual(
          said.lines.map(({ type, subtype }) => [type, subtype].filter(Boolean).join("/")),
          says ?? []
        )
      })
    }

    it("ignores lines of unknown type, empty lines and arrays", async () => {
      const said = await on(bench, feed('{"type":"nothing_known"}\n\n[1]\n'))
      assert.deepStrictEqual([said.code, said.stderr, said.raw], [0, "", []])
    })
  })
}
