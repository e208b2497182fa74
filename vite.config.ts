import preact from "@preact/preset-vite"
import { defineConfig } from "vite"

// The page is served under a CSP without inline script or style, so nothing may be inlined into index.html.
export default defineConfig({
  root: "web",
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: false })],
  build: {
    outDir: "../dist/web",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false }
  }
})
