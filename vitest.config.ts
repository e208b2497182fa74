import { defineConfig } from "vitest/config"

// `npm test` runs *.test.ts; `npm run test:soak` (mode "soak") runs the long *.soak.ts and nothing else.
export default defineConfig(({ mode }) => ({
  test: {
    include: [mode === "soak" ? "test/**/*.soak.ts" : "test/**/*.test.ts"],
    environment: "node",
    pool: "forks",
    // On every machine the same: most of a test here is waiting for real programs, and many at once would starve them.
    maxWorkers: mode === "soak" ? 1 : 2,
    testTimeout: mode === "soak" ? 15 * 60_000 : 30_000,
    hookTimeout: 30_000,
    // A test that passes the second time has found something; it is not retried.
    retry: 0
  }
}))
