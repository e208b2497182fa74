/** Every log that can be attached to, whatever it is of. The server keeps all of their readers' connections alive, and ends them. */
import { Context, Effect, Layer } from "effect"

/** What the registry asks of a log. */
export interface Attachable {
  /** A comment frame to every reader: proxies cut silent connections. */
  readonly keepalive: Effect.Effect<void>
  /** Says `bye` and ends every reader, now and later. */
  readonly close: Effect.Effect<void>
}

export class LogRegistry extends Context.Service<
  LogRegistry,
  Attachable & {
    readonly add: (log: Attachable) => Effect.Effect<void>
    readonly remove: (log: Attachable) => Effect.Effect<void>
  }
>()("core/LogRegistry") {
  static readonly layer = Layer.sync(LogRegistry, () => {
    const logs = new Set<Attachable>()
    const each = (act: (log: Attachable) => Effect.Effect<void>) =>
      Effect.suspend(() => Effect.forEach([...logs], act, { discard: true }))
    return LogRegistry.of({
      add: (log) => Effect.sync(() => void logs.add(log)),
      remove: (log) => Effect.sync(() => void logs.delete(log)),
      keepalive: each(({ keepalive }) => keepalive),
      close: each(({ close }) => close)
    })
  })
}
