/** The target of a test's settings, with the services the test names; what it does not name dies when it is used. */
import { Context, Effect, Layer } from "effect"
import { Config } from "../../../src/breakglass/config/Config.ts"
import { Observer, type Probe } from "../../../src/breakglass/observe/Observer.ts"
import { HostLink } from "../../../src/breakglass/power/HostLink.ts"
import { PveVerbs } from "../../../src/breakglass/power/PveVerbs.ts"
import { Screen } from "../../../src/breakglass/power/Screen.ts"
import { type Target, Targets } from "../../../src/breakglass/target/Targets.ts"

export interface Mocked {
  readonly host?: Partial<HostLink["Service"]>
  readonly power?: Partial<PveVerbs["Service"]>
  readonly screen?: Partial<Screen["Service"]>
  readonly probes?: ReadonlyArray<Probe>
}

export const targets = ({ host = {}, power = {}, screen = {}, probes = [] }: Mocked = {}) =>
  Layer.effect(
    Targets,
    Effect.gen(function* () {
      const [settings] = (yield* Config).targets
      const services = yield* Layer.build(
        Layer.mergeAll(
          Layer.mock(HostLink, host),
          Layer.mock(PveVerbs, power),
          Layer.mock(Screen, screen),
          Layer.succeed(Observer, { probes })
        )
      )
      const primary: Target = {
        ...settings,
        host: Context.get(services, HostLink),
        power: Context.get(services, PveVerbs),
        screen: Context.get(services, Screen),
        observer: Context.get(services, Observer)
      }
      return { primary, all: [primary] }
    })
  )
