/**
 * The VMs that this process rescues. One target is one value: the ways to it, and the services over them. There is one entry
 * now; a second is one more entry in the settings, and a way to name it in a request.
 */
import { Context, Effect, Layer } from "effect"
import type { Journal } from "../../core/journal/Journal.ts"
import type { LogRegistry } from "../../core/log/LogRegistry.ts"
import type { Redact } from "../../core/redact/redact.ts"
import { Observer, type SshSettings } from "../observe/Observer.ts"
import { HostLink } from "../power/HostLink.ts"
import { PveVerbs } from "../power/PveVerbs.ts"
import { Screen } from "../power/Screen.ts"
import type { HostSettings } from "../power/sshToHost.ts"

export interface TargetSettings {
  /** The name of its log in the journal, and of that log's readers. It never changes. */
  readonly id: string
  /** What people call it, and must say before a mutating verb. */
  readonly name: string
  /** Its number on the host; empty when none is set. */
  readonly vmid: string
  readonly ssh: SshSettings
  readonly pve: HostSettings
}

export interface Target extends TargetSettings {
  readonly host: HostLink["Service"]
  readonly power: PveVerbs["Service"]
  readonly screen: Screen["Service"]
  readonly observer: Observer["Service"]
}

export type AtLeastOne<A> = readonly [A, ...ReadonlyArray<A>]

/** The two that a target's other services are built over: what reaches it. */
type Connections<R> = (target: TargetSettings) => Layer.Layer<HostLink | Observer, never, R>

export class Targets extends Context.Service<
  Targets,
  {
    readonly all: AtLeastOne<Target>
    /** The target meant where none is named: by a route, a session, the agent. */
    readonly primary: Target
  }
>()("breakglass/Targets") {
  static readonly layer = (settings: AtLeastOne<TargetSettings>, redact: Redact) =>
    Targets.layerOver(settings, redact, ({ ssh, pve }) =>
      Observer.layer({ ssh, host: pve.address !== null, redact }).pipe(Layer.provideMerge(HostLink.layer(pve)))
    )

  /** Over other connections than ssh. */
  static readonly layerOver = <R>(
    settings: AtLeastOne<TargetSettings>,
    redact: Redact,
    connections: Connections<R>
  ): Layer.Layer<Targets, never, R | Journal | LogRegistry> =>
    Layer.effect(
      Targets,
      Effect.gen(function* () {
        const [first, ...others] = settings
        const primary = yield* build(first, redact, connections)
        const all = [primary, ...(yield* Effect.forEach(others, (one) => build(one, redact, connections)))] as const
        return { all, primary }
      })
    )
}

const build = Effect.fnUntraced(function* <R>(settings: TargetSettings, redact: Redact, connections: Connections<R>) {
  const services = yield* Layer.build(
    Layer.mergeAll(PveVerbs.layer({ log: settings.id, redact }), Screen.layer).pipe(
      Layer.provideMerge(connections(settings))
    )
  )
  const target: Target = {
    ...settings,
    host: Context.get(services, HostLink),
    power: Context.get(services, PveVerbs),
    screen: Context.get(services, Screen),
    observer: Context.get(services, Observer)
  }
  return target
})
