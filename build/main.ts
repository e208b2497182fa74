/**
 * `npm run build`: the page into dist/web, the server into dist/server, the demo into dist/demo. One is not in the other:
 * the server serves dist/web and nothing beside it, and an image that leaves dist/demo out has no demo.
 */
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { rolldown } from "rolldown"
import { build } from "vite"
import { root, sources } from "./sources.ts"

/**
 * CommonJS: to import a module of Node's, Node reads all its getters, and node:http and node:tls then load a fetch and every
 * root certificate (10 MiB, 30 ms). Names are kept, as they stand in stacks. The worker lies beside the program, which starts
 * it by its name.
 */
const program = async (entry: string, directory: string): Promise<void> => {
  const bundle = await rolldown({
    cwd: root,
    input: { main: entry, journalWorker: "src/breakglass/journalWorker.ts" },
    platform: "node",
    // effect looks for a Vite there.
    transform: { define: { "import.meta.env": "undefined" } },
    logLevel: "warn"
  })
  const dir = join(root, "dist", directory)
  rmSync(dir, { recursive: true, force: true })
  await bundle.write({
    dir,
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name].cjs",
    minify: {
      compress: { keepNames: { function: true, class: true } },
      mangle: false,
      codegen: { removeWhitespace: true }
    },
    sourcemap: true,
    sourcemapExcludeSources: true
  })
  await bundle.close()
}

const mark = join(root, "dist/sources")
const before = sources(root)
rmSync(mark, { force: true })
await Promise.all([
  build({ configFile: join(root, "vite.config.ts"), logLevel: "warn" }),
  program("src/breakglass/main.ts", "server"),
  program("src/breakglass/demo/main.ts", "demo")
])
writeFileSync(mark, before)
