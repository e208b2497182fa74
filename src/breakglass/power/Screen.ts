/**
 * The VM's own screen, as a picture its host takes. It changes nothing, waits for no operation, and is over within its own
 * limit. Callers that ask while a picture is on its way are given that one.
 */
import { Context, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { deflate } from "node:zlib"
import { shareInFlight } from "../../core/time/shareInFlight.ts"
import { type NoPicture, NoScreen, ScreenUnknown } from "./errors.ts"
import { HostLink } from "./HostLink.ts"
import type { AskHost } from "./hostProtocol.ts"
import * as Png from "./png.ts"
import { largest, parseScreen } from "./screenReply.ts"

export class Screen extends Context.Service<
  Screen,
  {
    /** A PNG file. */
    readonly take: Effect.Effect<Uint8Array, NoPicture>
  }
>()("breakglass/Screen") {
  static readonly layer = Layer.effect(
    Screen,
    Effect.gen(function* () {
      const { ask } = yield* HostLink
      return { take: yield* make(ask) }
    })
  )
}

export const make = (ask: AskHost) => shareInFlight(take(ask))

const take = (ask: AskHost) =>
  Effect.gen(function* () {
    const id = SecureRandom.uuidV4Unsafe()
    const lines: Array<string> = []
    let size = 0
    // The stdout that a reply keeps is too short for a picture.
    const reply = yield* ask("screen", id, (line) =>
      Effect.sync(() => {
        size += line.length + 1
        if (size <= maxCharacters) lines.push(line)
      })
    )
    const screen = parseScreen(reply, lines, id)
    if (screen._tag === "None") return yield* new NoScreen({ why: screen.why })
    if (screen._tag === "Unseen") return yield* new ScreenUnknown({ why: screen.why })
    return Png.file(screen, yield* deflated(Png.rows(screen)))
  }).pipe(
    Effect.timeoutOrElse({
      duration: "15 seconds",
      orElse: () => Effect.fail(new ScreenUnknown({ why: "The host did not answer in 15 s." }))
    })
  )

/** The largest picture in base64, with the host's own lines. */
const maxCharacters = largest * 1.5

/** Off this thread: deflating a large picture takes a third of a second, in which no reader would get its events. */
const deflated = (bytes: Uint8Array): Effect.Effect<Uint8Array> =>
  Effect.callback((resume) =>
    deflate(bytes, { level: 3 }, (error, data) => resume(error === null ? Effect.succeed(data) : Effect.die(error)))
  )
