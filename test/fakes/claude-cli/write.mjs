import { writeSync } from "node:fs"

/** Written before it returns, so that dying after a line is dying after that line. A reader that left is ignored. */
export function write(fd, data) {
  let bytes = typeof data === "string" ? Buffer.from(data) : data
  try {
    while (bytes.length > 0) bytes = bytes.subarray(writeSync(fd, bytes))
  } catch (error) {
    if (error.code === "EAGAIN") return write(fd, bytes)
    if (error.code !== "EPIPE" && error.code !== "EBADF") throw error
  }
}
