/**
 * The emergency console: sole holder of the way to the target and its host. It may start `claude` and `ssh`, write its
 * journal, and answer whom `Auth` admits; nothing else. The embedded demo is another entry (demo/main.ts), never a fallback.
 */
import { NodeServices } from "@effect/platform-node"
import { Layer } from "effect"
import { SubprocessRunner } from "../SubprocessRunner.ts"
import { Agents } from "./Agents.ts"
import { Auth } from "./Auth.ts"
import { Cli } from "./Cli.ts"
import { Config } from "./Config.ts"
import { Doctor } from "./Doctor.ts"
import { Door } from "./Door.ts"
import { Journal } from "./Journal.ts"
import { Observer } from "./Observer.ts"
import { PveVerbs } from "./PveVerbs.ts"
import { run } from "./run.ts"
import * as Server from "./Server.ts"
import { Session } from "./Session.ts"

const Main = Server.layer({ demo: false }).pipe(
  Layer.provide([Session.layer, Doctor.layer]),
  Layer.provide([Auth.layer, Agents.layer, Observer.layer, Cli.layer]),
  Layer.provide(Door.layer),
  Layer.provide(PveVerbs.layer),
  Layer.provide([Journal.layer, SubprocessRunner.layer]),
  Layer.provide(Config.layer),
  Layer.provide(NodeServices.layer)
)

run(Main)
