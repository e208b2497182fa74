/** Subscribers of which only their connection's state is there, over a kernel that holds what a test says. */
import { Effect, Exit, Layer, Scope } from "effect"
import type { HttpServerRequest } from "effect/http"
import { Auth } from "../../../src/core/http/Auth.ts"
import { Subscribers } from "../../../src/core/http/Subscribers.ts"

/** What the kernel holds for whom. */
export const held = new Map<string, number>()
export const overKernel = Layer.fresh(Subscribers.over(Effect.sync(() => held)))
let ports = 40_000

/** An answer in which so many bytes wait to be taken. */
const answer = () => {
  const state = { writableLength: 0, destroyed: false, deadline: 0 }
  const socket = {
    bytesWritten: 0,
    localPort: 8080,
    remotePort: ports++,
    setTimeout: (ms: number) => (state.deadline = ms)
  }
  const response = Object.assign(state, {
    socket,
    destroy: () => (state.destroyed = true)
  })
  return { response, request: { response } as unknown as HttpServerRequest.HttpServerRequest }
}

/** Admitted for as long as the scope that is returned. */
export const admitted = Effect.fnUntraced(function* (log: string) {
  const readers = yield* Subscribers
  const { response, request } = answer()
  const scope = yield* Scope.make()
  const leave = yield* Scope.provide(readers.admit(log, request), scope)
  const told: Array<string> = []
  yield* Effect.forkIn(
    Effect.map(leave, (last) => told.push(last ?? "nothing")),
    scope,
    { startImmediately: true }
  )
  return { response, request, told, leave: Scope.close(scope, Exit.void) }
})

const anybody = Layer.mock(Auth, { operator: () => Effect.succeed({ name: "anybody" }) })

export const withSubscribers = <A, E>(effect: Effect.Effect<A, E, Subscribers | Scope.Scope>) =>
  Effect.scoped(Effect.provide(effect, overKernel.pipe(Layer.provide(anybody))))
