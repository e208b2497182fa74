/** What the fake is held to, and what is recorded: each plays one conversation and returns its last process. */
import { randomUUID } from "node:crypto"
import { type Bench, fakeBench, on } from "./claudeBench.ts"
import type { ClaudeProcess, Ended, Line } from "./ClaudeProcess.ts"

export type Scenario = (bench: Bench) => Promise<Ended>

export const isResult = (line: Line) => line.type === "result"
export const fresh = () => ["--session-id", randomUUID()]

/** The conversations that real and fake must hold alike. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  "turn-text": (bench) => converse(bench, fresh(), [bench.words.text]),
  "turn-bash": (bench) => converse(bench, fresh(), [bench.words.bash]),
  "turn-think-bash": (bench) => converse(bench, fresh(), [bench.words.thinkBash]),
  "turn-two-prompts": (bench) => converse(bench, fresh(), [bench.words.text, bench.words.recall]),
  "turn-resumed": async (bench) => {
    const id = randomUUID()
    await converse(bench, ["--session-id", id], [bench.words.bash])
    return converse(bench, ["--resume", id], [bench.words.recall])
  },
  "turn-interrupt-text": async (bench) => {
    const claude = bench.start(fresh())
    claude.say(`\n${bench.words.slow}`)
    await claude.line((line) => line.event?.delta?.type === "text_delta")
    await claude.line((line) => line.event?.delta?.type === "text_delta")
    return interrupt(claude)
  },
  "turn-interrupt-bash": async (bench) => {
    const claude = bench.start(fresh())
    claude.say(`\n${bench.words.sleep}`)
    await bench.api.waitFor(({ url }) => url === "/bell/asleep")
    return interrupt(claude)
  },
  "turn-after-interrupt": async (bench) => {
    const claude = bench.start(fresh())
    claude.say(`\n${bench.words.sleep}`)
    await bench.api.waitFor(({ url }) => url === "/bell/asleep")
    claude.interrupt()
    await claude.line(isResult)
    claude.say(`\n${bench.words.text}`)
    return finish(claude)
  },
  "turn-api-529": (bench) => converse(bench, fresh(), [bench.words.overloaded]),
  "turn-max-turns": (bench) => converse(bench, [...fresh(), "--max-turns", "2"], [bench.words.threeCommands]),
  "turn-unknown-agent": (bench) => converse(bench, [...fresh(), "--agent", "nobody"], [bench.words.text]),
  "turn-narrowed-tools": (bench) =>
    converse(bench, ["--tools", "Bash,Read", "--agent", "nobody", ...fresh()], [bench.words.text]),
  "turn-slash-clear": (bench) => say(bench, "/clear"),
  "turn-slash-unknown": (bench) => say(bench, "/nosuch thing"),
  "turn-resume-unknown": (bench) => converse(bench, ["--resume", randomUUID()], [bench.words.text]),
  "turn-session-id-reused": async (bench) => {
    const id = randomUUID()
    await converse(bench, ["--session-id", id], [bench.words.text])
    return converse(bench, ["--session-id", id], [bench.words.text])
  }
}

/** Recorded for the reader of the CLI's speech, and not asked of the fake. */
export const recordedOnly: Readonly<Record<string, Scenario>> = {
  "turn-parallel": (bench) => converse(bench, fresh(), [bench.words.parallel]),
  "turn-compact": async (bench) => {
    const claude = bench.start(fresh())
    for (const prompt of [bench.words.text, bench.words.bash, bench.words.text]) {
      claude.say(`\n${prompt}`)
      await claude.line(isResult)
    }
    claude.say("/compact")
    return finish(claude)
  },
  "turn-compact-auto": (bench) =>
    converse(bench, fresh(), ["one two three", bench.words.bash, "four", "@@usage{990000} @@summary{31000}", "five"]),
  "turn-drop-stream": (bench) => converse(bench, fresh(), ["@@dropstream{2}"]),
  "turn-empty": (bench) => converse(bench, fresh(), ["@@empty"]),
  "turn-api-401": (bench) => converse(bench, fresh(), ["@@status{401}"]),
  "turn-529-then-ok": (bench) => converse(bench, fresh(), ["@@status{529 1}"])
}

/** One process: each prompt with the leading newline, the next when the last has its result; then the end of stdin. */
export const converse = async (bench: Bench, args: ReadonlyArray<string>, prompts: ReadonlyArray<string>) => {
  const claude = bench.start(args)
  for (const prompt of prompts) {
    claude.say(`\n${prompt}`)
    await Promise.race([claude.line(isResult).catch(() => {}), claude.ended])
  }
  claude.end()
  return claude.ended
}

const say = (bench: Bench, prompt: string) => {
  const claude = bench.start(fresh())
  claude.say(prompt)
  return finish(claude)
}

const interrupt = (claude: ClaudeProcess) => {
  claude.interrupt()
  return finish(claude)
}

const finish = async (claude: ClaudeProcess) => {
  await claude.line(isResult)
  claude.end()
  return claude.ended
}

/** The fake alone: says one prompt and ends stdin. */
export const playFake = (prompt: string, use: (ended: Ended) => void) =>
  on(fakeBench, async (bench) => {
    const claude = bench.start(fresh())
    claude.say(`\n${prompt}`)
    claude.end()
    use(await claude.ended)
  })

export const last = ({ lines }: Ended) => lines.at(-1)
