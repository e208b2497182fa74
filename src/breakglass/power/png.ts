/** Pixels as a PNG file (W3C PNG, second edition): 8-bit RGB, no filter. Pure: the caller deflates in between. */
import { crc32 } from "node:zlib"

export interface Picture {
  readonly width: number
  readonly height: number
  /** Three bytes a pixel, row by row. */
  readonly pixels: Uint8Array
}

/** What is to be deflated: each row after the number of its filter (0, none). */
export const rows = ({ width, height, pixels }: Picture): Uint8Array => {
  const stride = width * 3
  const bytes = new Uint8Array(height * (stride + 1))
  for (let y = 0; y < height; y++) bytes.set(pixels.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1)
  return bytes
}

export const file = ({ width, height }: Picture, deflated: Uint8Array): Uint8Array => {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflated), chunk("IEND", new Uint8Array())])
}

const signature = Buffer.from("\x89PNG\r\n\x1A\n", "latin1")

const chunk = (type: string, data: Uint8Array): Uint8Array => {
  const bytes = Buffer.alloc(data.length + 12)
  bytes.writeUInt32BE(data.length, 0)
  bytes.write(type, 4, "latin1")
  bytes.set(data, 8)
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), data.length + 8)
  return bytes
}
