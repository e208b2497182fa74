/**
 * The demo: the same server over a scripted agent and a simulated VM. It starts no program, holds no key, listens on
 * loopback only, keeps nothing, and says DEMO on every screen. Production has its own entry and never comes here.
 */
import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { Effect, FileSystem, Layer } from "effect"
import { AgentDefinition } from "../agent/AgentDefinition.ts"
import { Auth } from "../../core/http/Auth.ts"
import { Cli } from "../../core/claude/ClaudeCheck.ts"
import { Config, type Settings } from "../config/Config.ts"
import { startRefusal } from "../config/startRefusal.ts"
import { Doctor } from "../ops/Doctor.ts"
import { PowerSocket } from "../agent/PowerSocket.ts"
import { Journal } from "../../core/journal/Journal.ts"
import { LogRegistry } from "../../core/log/LogRegistry.ts"
import { run } from "../../core/process/runMain.ts"
import * as Redact from "../../core/redact/redact.ts"
import { journalWorker } from "../root.ts"
import * as Server from "../http/Server.ts"
import { Session } from "../session/Session.ts"
import { Targets } from "../target/Targets.ts"
import * as Agent from "./agent.ts"
import * as Vm from "./vm.ts"

const config = Layer.unwrap(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return Config.layerDemo(yield* fs.makeTempDirectoryScoped({ prefix: "breakglass-demo-" }))
  })
)

const server = ({ claude, directory, quota, targets }: Settings) =>
  Server.layer({ demo: true }).pipe(
    Layer.provide([Session.layer, Doctor.layer]),
    Layer.provide([Auth.layerDemo, Cli.layer(claude)]),
    Layer.provide([AgentDefinition.layer, PowerSocket.layer]),
    Layer.provide(Targets.layerOver(targets, Redact.make([]), Vm.layer)),
    Layer.provide([Journal.layer({ directory, quota, worker: journalWorker }), LogRegistry.layer, Agent.layer()])
  )

const main = Layer.unwrap(Effect.map(Config, server)).pipe(
  Layer.provide(config),
  Layer.provide([NodeFileSystem.layer, NodePath.layer])
)

run({ name: "breakglass", main, startRefusal })
