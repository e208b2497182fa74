import { existsSync } from "node:fs"
import { defineConfig } from "vitest/config"
import { unitTests } from "./test/tiers.ts"

/** `npm test` runs every *.test.ts; `npm run test:unit` those that start no program; the others what they are named for. */
const include = (mode: string) => {
  if (mode === "unit") return [...unitTests()]
  return [mode === "soak" || mode === "nights" ? `test/**/*.${mode}.ts` : "test/**/*.test.ts"]
}

/** The stores of the unit tier are on no disk: most of what they did was to wait for one. */
const inMemory = existsSync("/dev/shm") ? { TMPDIR: "/dev/shm" } : {}

export default defineConfig(({ mode }) => {
  const long = mode === "soak" || mode === "nights"
  return {
    test: {
      include: include(mode),
      setupFiles: mode === "unit" ? ["test/noPrograms.ts"] : [],
      env: mode === "unit" ? inMemory : {},
      environment: "node",
      pool: "forks",
      // A worker's files share what they import: each would load effect again.
      isolate: false,
      // On every machine the same. Most of a test of the whole suite is waiting for real programs, so that four keep two
      // cores busy; the unit tier waits for nothing, and the long ones measure.
      maxWorkers: long ? 1 : mode === "unit" ? 2 : 4,
      // Where something hangs, not how long it may take: other work on the machine fails no test.
      testTimeout: long ? 15 * 60_000 : 60_000,
      hookTimeout: 60_000,
      // A test that passes the second time has found something; it is not retried.
      retry: 0
    }
  }
})
