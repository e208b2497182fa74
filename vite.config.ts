import preact from "@preact/preset-vite"
import { createHash } from "node:crypto"
import { env } from "node:process"
import { brotliCompressSync, gzipSync } from "node:zlib"
import { defineConfig, type Plugin } from "vite"

/** The service worker is told which files are the shell; a name of their content makes each build another worker. */
const shell: Plugin = {
  name: "breakglass-shell",
  enforce: "post",
  generateBundle(_options, bundle) {
    const worker = bundle["sw.js"]
    if (worker?.type !== "chunk") throw new Error("the build has no service worker")
    const assets = Object.keys(bundle).filter((name) => name.startsWith("assets/"))
    const files = [...assets.sort().map((name) => `/${name}`), "/icon.svg", "/manifest.webmanifest"]
    const page = bundle["index.html"]
    const content = JSON.stringify([files, page?.type === "asset" ? String(page.source) : "", worker.code])
    const version = createHash("sha256").update(content).digest("hex").slice(0, 12)
    worker.code = `const SHELL=${JSON.stringify({ version, files })};\n${worker.code}`
  }
}

/** Compressed once, here, at the price no server would pay per request; the server sends the file it finds. */
const compressed: Plugin = {
  name: "breakglass-compressed",
  enforce: "post",
  generateBundle(_options, bundle) {
    for (const [fileName, file] of Object.entries(bundle)) {
      if (!/\.(js|css|html)$/.test(fileName)) continue
      const source = Buffer.from(file.type === "chunk" ? file.code : file.source)
      this.emitFile({ type: "asset", fileName: `${fileName}.gz`, source: gzipSync(source, { level: 9 }) })
      this.emitFile({ type: "asset", fileName: `${fileName}.br`, source: brotliCompressSync(source) })
    }
  }
}

// The page is served under a CSP without inline script or style, so nothing may be inlined into index.html.
export default defineConfig({
  root: "web",
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: false }), shell, compressed],
  build: {
    outDir: "../dist/web",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: "web/index.html", sw: env["BREAKGLASS_SW"] === "off" ? "web/swOff.ts" : "web/sw.ts" },
      output: {
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js")
      }
    }
  }
})
