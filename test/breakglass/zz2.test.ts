import { it } from "@effect/vitest"
import { DatabaseSync } from "node:sqlite"
import * as Fs from "node:fs"
import { files, flipped } from "../support/damage.ts"
import { open } from "../../src/breakglass/store.ts"
it("x", () => {
  const b = files("stopped")["journal.db"] ?? Buffer.alloc(0)
  for (const bit of [827086, 1044466, 573253, 1011733, -134918]) {
    Fs.rmSync("/tmp/x/f", { recursive: true, force: true }); Fs.mkdirSync("/tmp/x/f")
    Fs.writeFileSync("/tmp/x/f/journal.db", bit < 0 ? b.subarray(0, -bit) : flipped(b, bit))
    const o = open("/tmp/x/f")
    console.log(bit, o._tag, "damage" in o ? o.damage : o.reason, Fs.readdirSync("/tmp/x/f"))
    const db = o._tag === "Open" ? o.db : new DatabaseSync("/tmp/x/f/journal.db")
    console.log(db.prepare("select log, typeof(id) t, min(id) a, max(id) b, count(*) c from event group by log, t").all(), db.prepare("select hex(id) h from session").all())
    for (const log of ["s0", "s1", "vm"]) { const ids = db.prepare("select id, json from event where log = ? order by id").all(log); const bad = ids.findIndex((r, i) => r["id"] !== i); console.log(log, ids.length, bad, ids.slice(Math.max(0, bad - 1), bad + 2)) }
    db.close()
  }
})
