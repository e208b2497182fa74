/** What the recovery agent is told: `agents/NAME.md`, with the target's name and the way to reach it filled in. */
import { Context, Effect, FileSystem, Layer, Path, Schema } from "effect"
import type { Options } from "../../core/claude/command.ts"
import { Config } from "../config/Config.ts"
import { type TargetSettings, Targets } from "../target/Targets.ts"
import { directories } from "../../core/claude/homes.ts"
import { ConfigRefused } from "../../core/settings/variable.ts"
import { configuration } from "../../core/ssh/targetOptions.ts"
import { root } from "../root.ts"
import { rescue } from "./profile.ts"

export class AgentDefinition extends Context.Service<
  AgentDefinition,
  {
    /** The CLI as the recovery agent, for one turn. */
    readonly recovery: (turn: {
      readonly id: string
      readonly model: string
      /** What its commands need to reach the power socket, in their environment. */
      readonly pve: Readonly<Record<string, string>>
    }) => Omit<Options, "conversation">
  }
>()("breakglass/AgentDefinition") {
  static readonly layer = Layer.effect(
    AgentDefinition,
    Effect.gen(function* () {
      const config = yield* Config
      const { primary } = yield* Targets
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const file = path.join(root, "agents", `${config.agent}.md`)
      const text = yield* fs.readFileString(file).pipe(Effect.mapError(() => missing(config.agent)))
      const ssh = configuration()
      if (ssh.trouble !== null) yield* Effect.logWarning(ssh.trouble)
      const { tools, ...agent } = yield* parse(config.agent, primary, text)
      const profile = rescue(tools)
      return AgentDefinition.of({
        recovery: ({ id, model, pve }) => ({
          file: config.claude,
          agent,
          profile,
          model,
          directories: directories(config.directory, id),
          path: `${path.join(root, "agents/bin")}:${config.path}`,
          variables: {
            BREAKGLASS_NODE: process.execPath,
            BREAKGLASS_SSH_CONFIG: ssh.file,
            ...(primary.ssh.knownHosts === null ? {} : { BREAKGLASS_KNOWN_HOSTS: primary.ssh.knownHosts }),
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

const parse = (name: string, target: TargetSettings, text: string) => {
  const [, head = "", body = ""] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text) ?? []
  const field = (key: string) => new RegExp(`^${key}: *(.+)$`, "m").exec(head)?.[1] ?? ""
  const agent = {
    name,
    description: field("description"),
    tools: field("tools")
      .split(",")
      .map((tool) => tool.trim()),
    prompt: fill(target, body.trim())
  }
  // The CLI ignores an agent it cannot read, and then runs with every tool it has.
  return Schema.decodeUnknownEffect(Complete)(agent).pipe(
    Effect.mapError(() => new ConfigRefused({ message: `agents/${name}.md lacks a description, tools or text` }))
  )
}

const Complete = Schema.Struct({
  name: Schema.NonEmptyString,
  description: Schema.NonEmptyString,
  // They become an argument of the CLI: a name, and what it may be called with.
  tools: Schema.NonEmptyArray(Schema.String.check(Schema.isPattern(/^[A-Za-z]\w*(\([^)]*\))?$/))),
  prompt: Schema.NonEmptyString
})

const fill = ({ name, ssh }: TargetSettings, body: string): string =>
  body
    .replaceAll("{{target}}", name)
    .replaceAll(
      "{{address}}",
      ssh.address === null ? "(not configured: BREAKGLASS_TARGET_HOST is not set)" : `${ssh.user}@${ssh.address}`
    )
