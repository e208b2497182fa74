import { it } from "@effect/vitest"
import { files, flipped, survives } from "../support/damage.ts"
import { seeded } from "../support/processes.ts"
it("x", () => {
  const random = seeded("d")
  for (const how of ["stopped", "killed"] as const) {
    const taken = files(how)
    console.log(how, Object.entries(taken).map(([n, b]) => `${n} ${b.length}`))
    for (const name of Object.keys(taken)) {
      const bytes = taken[name] ?? Buffer.alloc(0)
      const stats: Record<string, Array<number>> = {}
      const errors: Record<string, number> = {}
      const tryit = (what: string, kind: string, b: Buffer) => {
        try { (stats[kind] ??= []).push(survives(what, { ...taken, [name]: b })) } catch (e) { const k = kind+" "+String(e).slice(0, 150).replace(/\d+/g,"N"); errors[k + how + what] = 1 }
      }
      for (let i = 0; i < 100; i++) { const n = bytes.length - Math.floor(random() * 4096); tryit(`trunc ${n}`, "trunc4k", bytes.subarray(0, n)) }
      for (let i = 0; i < 100; i++) { const n = Math.floor(random() * bytes.length); tryit(`trunc ${n}`, "trunc", bytes.subarray(0, n)) }
      for (let i = 0; i < 300; i++) { const n = Math.floor(random() * bytes.length * 8); tryit(`flip ${n}`, "flip", flipped(bytes, n)) }
      for (let i = 0; i < 800; i++) tryit(`flip ${i}`, "header", flipped(bytes, i))
      tryit("zero", "zero", Buffer.alloc(0)); tryit("zeros", "zero", Buffer.alloc(bytes.length))
      tryit("random", "random", Buffer.from(bytes.map(() => Math.floor(random() * 256))))
      for (const [k, v] of Object.entries(stats)) console.log(name, k, v.length, "mean", (v.reduce((a, b) => a + b, 0) / v.length).toFixed(3), "min", Math.min(...v).toFixed(3))
      console.log(errors)
    }
  }
}, 600_000)
