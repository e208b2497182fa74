import { it } from "@effect/vitest"
import { DatabaseSync } from "node:sqlite"
import * as Fs from "node:fs"
import { files } from "../support/damage.ts"
it("x", () => {
  const b = files("stopped")["journal.db"] ?? Buffer.alloc(0)
  Fs.writeFileSync("/tmp/x/t.db", b.subarray(0, 100_000))
  for (const opt of [{ readOnly: true }, {}, {readOnly: true, defensive: false}]) {
    const old = new DatabaseSync("/tmp/x/t.db", opt)
    try {
      old.exec("PRAGMA writable_schema = ON")
      console.log(old.prepare("PRAGMA writable_schema").get(), old.prepare("select count(*) from session").get())
      for (const log of ["s0", "s1", "vm"]) { let n = 0; try { for (const r of old.prepare("select * from event where log = ? order by id").iterate(log)) n++ } catch (e) { console.log(String(e)) } ; console.log(log, n) }
      console.log(old.prepare("select log, min(id), max(id), count(*) from event group by log").all())
    } catch (e) { console.log(String(e)) }
    old.close()
  }
})
