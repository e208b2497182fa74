/** What is written is a PNG of the same pixels. */
import { assert, describe, it } from "@effect/vitest"
import { deflateSync } from "node:zlib"
import { file, type Picture, rows } from "../../../src/breakglass/power/png.ts"
import { readPng } from "../../support/text/png.ts"
import { seeded } from "../../support/text/seeded.ts"

const random = seeded("png")
const noise = (width: number, height: number): Picture => ({
  width,
  height,
  pixels: Uint8Array.from({ length: width * height * 3 }, () => Math.floor(random() * 256))
})

describe("a PNG", () => {
  for (const [width, height] of [
    [1, 1],
    [2, 1],
    [1, 7],
    [257, 3],
    [720, 400]
  ] as const) {
    it(`of ${width} by ${height} holds its pixels`, () => {
      const picture = noise(width, height)
      const read = readPng(file(picture, deflateSync(rows(picture))))
      assert.deepStrictEqual([read.width, read.height], [width, height])
      assert.isTrue(read.pixels.equals(picture.pixels))
    })
  }
})
