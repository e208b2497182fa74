/**
 * The demo: the same server over a scripted agent and a simulated VM. It starts no program, holds no key, listens on
 * loopback only, keeps nothing, and says DEMO on every screen. Production has its own entry and never comes here.
 */
import { NodeServices } from "@effect/platform-node"
import { Effect, FileSystem, Layer } from "effect"
import { Agents } from "../Agents.ts"
import { Auth } from "../Auth.ts"
import { Cli } from "../Cli.ts"
import { Config } from "../Config.ts"
import { Doctor } from "../Doctor.ts"
import { Door } from "../Door.ts"
import { Journal } from "../Journal.ts"
import { run } from "../run.ts"
import * as Server from "../Server.ts"
import { Session } from "../Session.ts"
import * as Agent from "./agent.ts"
import * as Vm from "./vm.ts"

const directory = Layer.unwrap(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return Config.layerDemo(yield* fs.makeTempDirectoryScoped({ prefix: "breakglass-demo-" }))
  })
)

const Demo = Server.layer({ demo: true }).pipe(
  Layer.provide([Session.layer, Doctor.layer]),
  Layer.provide([Auth.layerDemo, Agents.layer, Cli.layer]),
  Layer.provide(Door.layer),
  Layer.provide(Vm.layer()),
  Layer.provide([Journal.layer, Agent.layer()]),
  Layer.provide(directory),
  Layer.provide(NodeServices.layer)
)

run(Demo)
