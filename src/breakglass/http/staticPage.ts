/** The page's files: what the build put there. Whatever else is asked for, however it is spelt, is not found. */
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse, HttpStaticServer } from "effect/http"
import { realpath, stat } from "node:fs/promises"
import * as Path from "node:path"
import { root } from "../root.ts"

const built = Path.join(root, "dist/web")

const files = (prefix: "" | "/assets", cacheControl: string) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const router = yield* HttpRouter.HttpRouter
      const file = yield* HttpStaticServer.make({
        root: Path.join(built, prefix),
        cacheControl,
        mimeTypes: { webmanifest: "application/manifest+json" }
      })
      const routes = prefix === "" ? router : router.prefixed(prefix)
      yield* routes.add(
        "GET",
        "/*",
        Effect.gen(function* () {
          const { url = "" } = NodeHttpServerRequest.toIncomingMessage(yield* HttpServerRequest.HttpServerRequest)
          return (yield* own(url.replace(/\?.*$/s, ""))) ? yield* file : nothing
        }).pipe(Effect.orElseSucceed(() => nothing))
      )
    })
  )

const nothing = HttpServerResponse.empty({ status: 404 })

/** Whether that is where a file of the build itself is: by no other name, and through no link. */
const own = (path: string) =>
  Effect.tryPromise(async () => {
    const place = `${await realpath(built)}${path === "/" ? "/index.html" : path}`
    return (await realpath(place)) === place && (await stat(place)).isFile()
  })

// Names under /assets carry a hash of their content.
export const page = Layer.mergeAll(files("/assets", "public, max-age=31536000, immutable"), files("", "no-cache"))
