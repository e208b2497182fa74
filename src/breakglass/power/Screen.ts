/**
 * The VM's own screen, looked at through its host: changes nothing, waits for no operation, and is over within its own limit.
 * Whoever asks while a look is on its way is given that one.
 */
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import { deflate } from "node:zlib"
import { NoPicture, NotFound } from "../../contract/breakglass/Api.ts"
import type { Ask } from "./runOperation.ts"
import { largest, shown } from "./screenReply.ts"
import * as Png from "./png.ts"
import { shared } from "../../core/time/shareInFlight.ts"

export type Look = Effect.Effect<Uint8Array, NotFound | NoPicture>

export const make = (ask: Ask): Effect.Effect<Look> => shared(look(ask))

const look = (ask: Ask): Look =>
  Effect.gen(function* () {
    const id = SecureRandom.uuidV4Unsafe()
    const lines: Array<string> = []
    let size = 0
    // What an answer itself keeps is for people to read, and too short for a picture.
    const answer = yield* ask("screen", id, (line) =>
      Effect.sync(() => {
        size += line.length + 1
        if (size <= most) lines.push(line)
      })
    )
    const seen = shown(answer, lines, id)
    if (seen._tag === "None") return yield* new NotFound({ detail: seen.why })
    if (seen._tag === "Unseen") return yield* new NoPicture({ detail: seen.why })
    return Png.file(seen, yield* deflated(Png.rows(seen)))
  }).pipe(
    Effect.timeoutOrElse({
      duration: "15 seconds",
      orElse: () => Effect.fail(new NoPicture({ detail: "The host did not answer in 15 s." }))
    })
  )

/** The largest picture in base64, with the host's own lines. */
const most = largest * 1.5

/** Off this thread: a large picture takes a third of a second, and others are being told of a turn meanwhile. */
const deflated = (bytes: Uint8Array): Effect.Effect<Uint8Array> =>
  Effect.callback((resume) =>
    deflate(bytes, { level: 3 }, (error, data) => resume(error === null ? Effect.succeed(data) : Effect.die(error)))
  )
