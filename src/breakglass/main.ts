/**
 * The emergency console: sole holder of the way to the target and its host. It may start `claude` and `ssh`, write its
 * journal, and answer whom `Auth` admits; nothing else. The embedded demo is another entry (demo/main.ts), never a fallback.
 */
import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { SubprocessRunner } from "../core/process/SubprocessRunner.ts"
import { AgentDefinition } from "./agent/AgentDefinition.ts"
import { Auth } from "../core/http/Auth.ts"
import { Cli } from "../core/claude/ClaudeCheck.ts"
import { Config, type Settings } from "./config/Config.ts"
import { startRefusal } from "./config/startRefusal.ts"
import { Doctor } from "./ops/Doctor.ts"
import { PowerSocket } from "./agent/PowerSocket.ts"
import { Journal } from "../core/journal/Journal.ts"
import { LogRegistry } from "../core/log/LogRegistry.ts"
import * as Redact from "../core/redact/redact.ts"
import { run } from "../core/process/runMain.ts"
import { journalWorker } from "./root.ts"
import * as Server from "./http/Server.ts"
import { Session } from "./session/Session.ts"
import { Targets } from "./target/Targets.ts"

const server = ({ auth, claude, directory, quota, targets, secrets }: Settings) =>
  Server.layer({ demo: false }).pipe(
    Layer.provide([Session.layer, Doctor.layer]),
    Layer.provide([Auth.layer(auth), Cli.layer(claude)]),
    Layer.provide([AgentDefinition.layer, PowerSocket.layer]),
    Layer.provide(Targets.layer(targets, Redact.make(secrets))),
    Layer.provide([
      Journal.layer({ directory, quota, worker: journalWorker }),
      LogRegistry.layer,
      SubprocessRunner.layer
    ])
  )

const main = Layer.unwrap(Effect.map(Config, server)).pipe(
  Layer.provide(Config.layer),
  Layer.provide([NodeFileSystem.layer, NodePath.layer])
)

run({ name: "breakglass", main, startRefusal })
