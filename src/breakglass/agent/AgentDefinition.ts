/** What the recovery agent is told: `agents/NAME.md`, with the target's name and the way to reach it filled in. */
import { Context, Effect, FileSystem, Layer, Path, Schema } from "effect"
import type { Options } from "../../core/claude/command.ts"
import { Config, type Settings } from "../config/Config.ts"
import { places } from "../../core/claude/homes.ts"
import { ConfigRefused } from "../../core/settings/variable.ts"
import { configuration } from "../../core/ssh/targetOptions.ts"
import { root } from "../root.ts"
import { rescue } from "./profile.ts"

export class Agents extends Context.Service<
  Agents,
  {
    /** The CLI as the recovery agent, for one turn. */
    readonly recovery: (turn: {
      readonly id: string
      readonly model: string
      /** Its way to the host, in the environment of its commands. */
      readonly pve: Readonly<Record<string, string>>
    }) => Omit<Options, "conversation">
  }
>()("breakglass/Agents") {
  static readonly layer = Layer.effect(
    Agents,
    Effect.gen(function* () {
      const config = yield* Config
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const file = path.join(root, "agents", `${config.agent}.md`)
      const text = yield* fs.readFileString(file).pipe(Effect.mapError(() => missing(config.agent)))
      const ssh = configuration()
      if (ssh.trouble !== null) yield* Effect.logWarning(ssh.trouble)
      const { tools, ...agent } = yield* parse(config, text)
      const profile = rescue(tools)
      return Agents.of({
        recovery: ({ id, model, pve }) => ({
          file: config.claude,
          agent,
          profile,
          model,
          place: places(config.directory, id),
          path: `${path.join(root, "agents/bin")}:${config.path}`,
          tools: {
            BREAKGLASS_NODE: process.execPath,
            BREAKGLASS_SSH_CONFIG: ssh.file,
            ...(config.devvm.knownHosts === null ? {} : { BREAKGLASS_KNOWN_HOSTS: config.devvm.knownHosts }),
            ...pve
          },
          maxTurns: config.maxTurns,
          maxBudgetUsd: config.maxBudgetUsd,
          turn: id
        })
      })
    })
  )
}

const missing = (name: string) =>
  new ConfigRefused({ message: `BREAKGLASS_AGENT is "${name}"; there is no agents/${name}.md` })

const parse = (config: Settings, text: string) => {
  const [, head = "", body = ""] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text) ?? []
  const field = (name: string) => new RegExp(`^${name}: *(.+)$`, "m").exec(head)?.[1] ?? ""
  const agent = {
    name: config.agent,
    description: field("description"),
    tools: field("tools")
      .split(",")
      .map((tool) => tool.trim()),
    prompt: fill(config, body.trim())
  }
  // The CLI takes an agent it cannot read for none, and then runs with every tool it has.
  return Schema.decodeUnknownEffect(Whole)(agent).pipe(
    Effect.mapError(
      () => new ConfigRefused({ message: `agents/${config.agent}.md lacks a description, tools or text` })
    )
  )
}

const Whole = Schema.Struct({
  name: Schema.NonEmptyString,
  description: Schema.NonEmptyString,
  // They become an argument of the CLI: a name, and what it may be called with.
  tools: Schema.NonEmptyArray(Schema.String.check(Schema.isPattern(/^[A-Za-z]\w*(\([^)]*\))?$/))),
  prompt: Schema.NonEmptyString
})

const fill = ({ target, devvm }: Settings, body: string): string =>
  body
    .replaceAll("{{target}}", target)
    .replaceAll(
      "{{address}}",
      devvm.host === null ? "(not configured: BREAKGLASS_DEVVM_HOST is not set)" : `${devvm.user}@${devvm.host}`
    )
