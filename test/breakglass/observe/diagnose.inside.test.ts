/** What is said of a target that lets us in: its disk, as it answered and as the kernel counts who waits for it. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { diagnose } from "../../../src/breakglass/observe/diagnose.ts"
import * as Vitals from "../../../src/breakglass/observe/vitals.ts"
import type { Probe } from "../../../src/contract/Power.ts"

const heard = (...lines: ReadonlyArray<string>) => lines.reduce(Vitals.add, Vitals.unknown)
const here = ["breakglass-here", "breakglass-io full avg10=97.12 avg60=1.00 avg300=0.00 total=1", "breakglass-figures"]
const read = "breakglass-read 0"
const change = "breakglass-change"
const calm = "breakglass-io full avg10=0.28 avg60=1.00 avg300=0.00 total=1"

const seen = (vitals: Vitals.Vitals, ms = 5200, more: Partial<Probe> = {}) =>
  diagnose([
    { probe: "pve", state: "running", took_ms: 100 },
    { probe: "tcp22", state: "ok", took_ms: 10 },
    { probe: "ssh", state: "ok", took_ms: 300, ...more },
    { probe: "disk", ...Vitals.disk(vitals, ms), took_ms: ms }
  ])

describe("a target that lets us in", () => {
  it.each([
    [
      "whose disk answered",
      "healthy",
      heard(...here, calm, read, change),
      /Its disk answers as well\. Whether its services work was not checked\.$/
    ],
    [
      "whose disk has not answered a read",
      "disk_stalled",
      heard(...here),
      /a read of its disk was not answered in 5 s \(io pressure full avg10=97 %\)\. A cycle is the cure\.$/
    ],
    [
      "whose file system is frozen",
      "disk_stalled",
      heard(...here, calm, read),
      /a change to its file system was not answered in 5 s/
    ],
    [
      "whose disk answers and holds up all the rest",
      "unknown",
      heard(...here, read, change),
      /all that runs there waits for the disk \(io.*97 %\)/
    ],
    ["whose kernel counts nothing", "healthy", heard("breakglass-here", read, change), /^Answers over ssh\./],
    [
      "whose dd knows no direct reading",
      "healthy",
      heard(...here, "breakglass-read 1", change),
      /Its disk could not be checked\./
    ],
    [
      "whose dd is not there",
      "healthy",
      heard("breakglass-here", "breakglass-read 127", change),
      /could not be checked/
    ]
  ] as const)("%s is %s, and says what was looked at", (_, is, vitals, words) => {
    const found = seen(vitals)
    assert.strictEqual(found.pattern, is)
    assert.match(found.text, words)
  })

  it("slowly, and whose disk does not answer, has a stalled disk and no want of memory", () => {
    assert.strictEqual(seen(heard(...here), 9000, { took_ms: 3500 }).pattern, "disk_stalled")
  })
  it("slowly is short of something, with the kernel's figures", () => {
    const found = seen(heard(...here, read, change), 100, { took_ms: 3500, said: "memory pressure full avg10=80 %" })
    assert.strictEqual(found.pattern, "swap_crawl")
    assert.include(found.text, "(memory pressure full avg10=80 %)")
  })
})

describe("the kernel's figures", () => {
  it("are read as this kernel writes them", () => {
    const lines = ["io", "memory"].flatMap((name) =>
      readFileSync(`/proc/pressure/${name}`, "utf8")
        .trim()
        .split("\n")
        .map((line) => `breakglass-${name} ${line}`)
    )
    const { io, memory } = heard(...lines)
    for (const figure of [io, memory]) assert.isTrue(figure !== null && figure >= 0 && figure <= 100, String(figure))
  })
  it("are none where what came is none: a target may say anything", () => {
    for (const odd of [
      "full",
      "full avg10=",
      "full avg10=9999.99",
      "full avg10=1e9",
      "full avg10=12.34%",
      "some avg10=1.00"
    ])
      assert.isNull(heard(`breakglass-io ${odd} avg60=0.00`).io, odd)
    assert.strictEqual(Vitals.pressure(heard("breakglass-io full avg10=$(id) x", "breakglass-read")), "")
  })
})
