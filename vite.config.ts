import preact from "@preact/preset-vite"
import { createHash } from "node:crypto"
import { env } from "node:process"
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

/**
 * What vite puts before `import()`, in a third of its size: the one file that comes later has one style, which comes before it.
 * A style that did not come is asked for again with its file.
 */
const before = `export const __vitePreload = (load, files) =>
  new Promise((settle, fail) => {
    const link = document.createElement("link")
    link.rel = "stylesheet"
    link.href = "/" + files.find((name) => name.endsWith(".css"))
    link.onload = settle
    link.onerror = () => fail(link.remove())
    document.head.append(link)
  }).then(load)`
const preload: Plugin = {
  name: "breakglass-preload",
  enforce: "pre",
  load: { filter: { id: /preload-helper\.js$/ }, handler: () => before }
}

// The page is served under a CSP without inline script or style, so nothing may be inlined into index.html.
export default defineConfig({
  root: "web",
  define: { "window.__PREACT_SIGNALS_DEVTOOLS__": "false" },
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: false }), preload, shell],
  build: {
    outDir: "../dist/web",
    emptyOutDir: true,
    target: "es2022",
    // Those that `index.html` names: what is nested in a style is written out for them.
    cssTarget: ["safari16.4", "chrome111", "firefox115"],
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
