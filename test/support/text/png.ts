/** A PNG read back, by the format's own rules and not by the code that wrote it. */
import { assert } from "@effect/vitest"
import { crc32, inflateSync } from "node:zlib"

export const readPng = (bytes: Uint8Array) => {
  const file = Buffer.from(bytes)
  assert.strictEqual(file.subarray(0, 8).toString("latin1"), "\x89PNG\r\n\x1A\n")
  const chunks: Array<readonly [type: string, data: Buffer]> = []
  for (let at = 8; at < file.length;) {
    const end = at + 8 + file.readUInt32BE(at)
    assert.strictEqual(file.readUInt32BE(end), crc32(file.subarray(at + 4, end)))
    chunks.push([file.toString("latin1", at + 4, at + 8), file.subarray(at + 8, end)])
    at = end + 4
  }
  assert.deepStrictEqual(
    chunks.map(([type]) => type),
    ["IHDR", "IDAT", "IEND"]
  )
  const [header = Buffer.alloc(0), data = Buffer.alloc(0)] = chunks.map(([, data]) => data)
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  // Eight bits of red, green and blue; deflate; rows behind their filter's number; not interlaced.
  assert.deepStrictEqual([...header.subarray(8)], [8, 2, 0, 0, 0])
  const rows = inflateSync(data)
  assert.strictEqual(rows.length, height * (width * 3 + 1))
  const pixels = Array.from({ length: height }, (_, y) => {
    const row = rows.subarray(y * (width * 3 + 1), (y + 1) * (width * 3 + 1))
    assert.strictEqual(row[0], 0)
    return row.subarray(1)
  })
  return { width, height, pixels: Buffer.concat(pixels) }
}
