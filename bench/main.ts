/** `npm run bench` runs every part; `node bench/main.ts page` runs one. Figures, their limits, and the ratio of the two. */
import { existsSync } from "node:fs"
import { join } from "node:path"

const wanted = process.argv.slice(2)
const parts = ["page", "stream", "strangers"].filter((part) => existsSync(join(import.meta.dirname, `${part}.ts`)))
for (const part of parts) {
  if (wanted.length > 0 && !wanted.includes(part)) continue
  const { run } = (await import(`./${part}.ts`)) as { readonly run: () => Promise<void> }
  await run()
}
